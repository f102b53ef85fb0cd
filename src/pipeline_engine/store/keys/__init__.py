"""Keys for what is personal: one for each subject, wrapped by a master key, destroyed to erase."""

from pipeline_engine.store.keys.opening import keys_of, restore_keys
from pipeline_engine.store.keys.sealing import SubjectKeys

__all__ = ["SubjectKeys", "keys_of", "restore_keys"]
