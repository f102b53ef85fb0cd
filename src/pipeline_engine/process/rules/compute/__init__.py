"""The operations of the language over columns, one module a kind of value.

All of them keep two promises: a value under a mask means nothing, except that a bool under a mask is false;
    and nothing is
changed in place. They are run under `np.errstate(all="ignore")`: what overflows is found by looking, not by
a warning.
"""
