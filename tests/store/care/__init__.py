"""Looking after a store: copies, digests, the doctor, unsafe settings, tenants."""
