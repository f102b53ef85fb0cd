"""Time: what comes due is announced, once, late rather than never."""
