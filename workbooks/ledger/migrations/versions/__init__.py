"""One file per step of the schema; a file that was released is never changed."""
