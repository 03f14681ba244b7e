/** Handles: lower-case letters, digits, `-`, `_` and inner `.`; users and characters share them. */
export const handlePattern = /^[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9])){1,31}$/;
