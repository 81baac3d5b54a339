"""supervisord, which watches its pipes by select(2) instead of poll(2).

With poll it may take a whole processor for itself from some restart of a service on: a file descriptor that was closed
and given out again, to a pipe whose other end is closed, is reported without end and never looked at (Supervisor's
issue 807, of which 4.3.0 mends a part). select reports it as readable, and supervisord forgets it then.
"""

from supervisor import poller


def main() -> None:
    """Run supervisord with the arguments of the command line."""
    # Whoever imports options takes the class of this moment.
    poller.Poller = poller.SelectPoller
    from supervisor.supervisord import main as run

    run()


if __name__ == "__main__":
    main()
