#include "checkpoint_signal.h"

#include <signal.h>

#include "options.h"

void checkpoint_signal_ignore(void) {
  struct sigaction action;
  if (!options.checkpoint_signal || sigaction(options.checkpoint_signal, NULL, &action) != 0) return;
  if (action.sa_handler == SIG_DFL) signal(options.checkpoint_signal, SIG_IGN);
}
