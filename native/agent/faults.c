#include "faults.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "report.h"

enum fault_point fault_armed = FAULT_NONE;

enum fault_action { ACTION_KILL, ACTION_STOP, ACTION_FAIL, ACTIONS };

static struct {
  int rank; /* -1: any */
  enum fault_action action;
  uint32_t epoch; /* 0: any */
} armed;

#define FAULT_ROW(name, fails) {#name, fails},
static const struct {
  const char *name;
  bool fails;
} points[] = {FAULT_POINTS(FAULT_ROW)};
#undef FAULT_ROW

static const char *const actions[ACTIONS] = {"kill", "stop", "fail"};

/* False: not of the form that faults.h gives. */
static bool parse(char *text) {
  char *rest = NULL, *end = "";
  const char *name = strtok_r(text, ":", &rest), *rank = strtok_r(NULL, ":", &rest);
  const char *action = strtok_r(NULL, ":", &rest), *epoch = strtok_r(NULL, ":", &rest);
  int point = 0, act = 0;
  while (point < FAULT_POINT_COUNT && (!name || strcmp(points[point].name, name) != 0)) point++;
  while (act < ACTIONS && action && strcmp(actions[act], action) != 0) act++;
  if (point == FAULT_POINT_COUNT || act == ACTIONS || (act == ACTION_FAIL && !points[point].fails)) return false;
  armed.rank = rank && strcmp(rank, "*") != 0 ? (int)strtol(rank, &end, 10) : -1;
  if (*end) return false;
  armed.epoch = epoch ? (uint32_t)strtoul(epoch, &end, 10) : 0;
  if (*end) return false;
  armed.action = (enum fault_action)act;
  fault_armed = (enum fault_point)point;
  return true;
}

void fault_arm(void) {
  const char *value = getenv("MANA_FAULT");
  char text[128];
  if (!value || !*value) return;
  snprintf(text, sizeof text, "%s", value);
  if (!parse(text)) {
    report_fatal(EXIT_MANA, "unset it: it is for tests (POINT[:RANK[:kill|stop|fail[:EPOCH]]])",
                 "MANA_FAULT=%s names no fault point, or nothing that can happen there", value);
  }
}

bool fault_hit(enum fault_point point) {
  int rank = 0, size = 0;
  if (armed.rank >= 0 && (agent_proxy()->identity(&rank, &size) != 0 || rank != armed.rank)) return false;
  if (agent.epoch < armed.epoch) return false;
  fault_armed = FAULT_NONE;
  report_warning(NULL, "MANA_FAULT: %s at %s", actions[armed.action], points[point].name);
  if (armed.action == ACTION_FAIL) return points[point].fails;
  /* To this very thread, so that it goes no further; the signal is the whole process's all the same. */
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), armed.action == ACTION_KILL ? SIGKILL : SIGSTOP);
  return false;
}
