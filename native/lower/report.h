/* What mana-lower tells the user: one block on stderr, what happened, where, what to do next. */
#ifndef MANA_LOWER_REPORT_H
#define MANA_LOWER_REPORT_H

/* Exit codes of docs: 125 mana itself failed, 126 cannot execute, 127 not found. */
enum { EXIT_MANA = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

/* Writes the block and ends the process with `code`. `next` is the advice; `what` is a format. */
void report_fatal(int code, const char *next, const char *what, ...) __attribute__((noreturn, format(printf, 3, 4)));
/* Writes the block and goes on. */
void report_warning(const char *next, const char *what, ...) __attribute__((format(printf, 2, 3)));
/* One line, only with --verbose=1 or more. */
void report_verbose(const char *what, ...) __attribute__((format(printf, 1, 2)));
#endif
