"""What goes wrong: one exception per code of the library, each with its rule and the way out."""
# SPDX-License-Identifier: Apache-2.0


class Error(Exception):
    """Something was refused. docs/errors.md explains every rule."""

    #: The kind of failure, the name of the class: "InvalidArgument", "Corrupt" …
    code = "Internal"

    def __init__(self, message, *, rule="", hint="", offset=None, problems=()):
        super().__init__(message)
        #: What was wrong, where.
        self.message = message
        #: Which check said so: "V31", "R112"; "" where none did.
        self.rule = rule
        #: What to do about it; may be empty.
        self.hint = hint
        #: The byte of the file it is about, or None.
        self.offset = offset
        #: Of a source model: everything that is wrong with it, as (where, what, hint, code, rule).
        self.problems = list(problems)

    def __str__(self):
        text = f"[{self.rule}] {self.message}" if self.rule else self.message
        return f"{text}\nhint: {self.hint}" if self.hint else text

    def __reduce__(self):
        return _unpickle, (type(self), self.message, self.rule, self.hint, self.offset, self.problems)


class InvalidArgument(Error, ValueError):
    """The caller's mistake: a wrong shape, dtype or column, an unknown option."""

    code = "InvalidArgument"


class NotFound(Error, FileNotFoundError, LookupError):
    """No such file, entry or output."""

    code = "NotFound"


class Corrupt(Error, ValueError):
    """The bytes are not what they claim to be."""

    code = "Corrupt"


class Unsupported(Error, NotImplementedError):
    """Well formed, but this build or machine cannot do it."""

    code = "Unsupported"


class OutOfMemory(Error, MemoryError):
    """An allocation failed, or a limit on memory was reached."""

    code = "OutOfMemory"


class Io(Error, OSError):
    """The operating system refused to read or write."""

    code = "Io"


class Internal(Error, RuntimeError):
    """A mistake of the library: please report it."""

    code = "Internal"


_KINDS = {kind.code: kind for kind in
          (InvalidArgument, NotFound, Corrupt, Unsupported, OutOfMemory, Io, Internal)}


def make(code, rule, message, hint, offset, problems):
    """The exception for an error of the extension."""
    return _KINDS.get(code, Internal)(message, rule=rule, hint=hint, offset=offset,
                                      problems=problems)


def _unpickle(kind, message, rule, hint, offset, problems):
    return kind(message, rule=rule, hint=hint, offset=offset, problems=problems)
