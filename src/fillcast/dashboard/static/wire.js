// Written by scripts/wire-types from fillcast/dashboard/wire*.py; do not edit.

export const VERSION = 1;
export const CREDIT = 1;
export const RESEND = 2;
export const MOST_LEVELS = 200;
