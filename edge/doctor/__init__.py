"""What is the matter with a site, and what to do about it: `minori doctor`.

A check is a function from a `Case` to findings, one noun a file; `examination` runs them all, each
bounded in time. They look and change nothing, whether the service runs or not.
"""
