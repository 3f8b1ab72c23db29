"""An examination of one venue: what it does, rule by rule, beside what fillcast assumes of it."""

from fillcast.session.doctor.examine import Examination, examine

__all__ = ["Examination", "examine"]
