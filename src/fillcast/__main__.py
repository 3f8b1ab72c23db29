"""`python -m fillcast` is the command `fillcast`."""

from fillcast.cli import main

if __name__ == "__main__":
    main()
