/* The signal at which `mana launch` takes a checkpoint and stops the job (--checkpoint-signal). */
#ifndef MANA_LOWER_CHECKPOINT_SIGNAL_H
#define MANA_LOWER_CHECKPOINT_SIGNAL_H

/* A batch system may send it to the whole process group, and launchers pass it on to their ranks, which would die of it. So ranks ignore
 * it; a program that handles it gets it as natively. To be called at the start, and when the actions of an image have been restored. */
void checkpoint_signal_ignore(void);
#endif
