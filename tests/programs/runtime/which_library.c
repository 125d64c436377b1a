int which(void);
int which(void) {
  return WHICH;
}
