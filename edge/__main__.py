"""`python -m edge` is `minori`, also where the script is not on the path."""

from edge.cli import main

main()
