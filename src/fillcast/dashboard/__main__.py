"""The process of a dashboard; started by the session that it shows."""

from fillcast.dashboard.remote import main

if __name__ == "__main__":
    main()
