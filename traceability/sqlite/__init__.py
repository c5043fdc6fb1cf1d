"""One SQLite file as it lies on a disk that fails: guarded, looked at before use, rescued."""
