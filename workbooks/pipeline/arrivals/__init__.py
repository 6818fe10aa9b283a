"""What arrived in a file, turned into rows of the books. Nothing here reads files: lines come in parsed."""
