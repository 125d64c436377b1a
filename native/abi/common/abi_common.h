/* What the C bindings of every application ABI share: integer types and the types of callbacks. Included by each abi.h once the handle
 * types are known. Callback types as in MPI-4.1 appendix A.1.3. */
#ifndef MANA_ABI_COMMON_H
#define MANA_ABI_COMMON_H

typedef intptr_t MPI_Aint;
typedef int64_t MPI_Offset, MPI_Count;
typedef int MPI_Fint;

/* MPI_T's handles and the Fortran 2008 status never need translation here. */
typedef struct mana_t_enum *MPI_T_enum;
typedef struct mana_t_cvar *MPI_T_cvar_handle;
typedef struct mana_t_pvar *MPI_T_pvar_handle;
typedef struct mana_t_session *MPI_T_pvar_session;
typedef struct mana_t_registration *MPI_T_event_registration;
typedef struct mana_t_instance *MPI_T_event_instance;
typedef int MPI_T_cb_safety, MPI_T_source_order;
typedef struct MPI_F08_status MPI_F08_status;

typedef void MPI_User_function(void *invec, void *inoutvec, int *len, MPI_Datatype *datatype);
typedef void MPI_User_function_c(void *invec, void *inoutvec, MPI_Count *len, MPI_Datatype *datatype);
typedef int MPI_Comm_copy_attr_function(MPI_Comm, int keyval, void *extra_state, void *in, void *out, int *flag);
typedef int MPI_Comm_delete_attr_function(MPI_Comm, int keyval, void *value, void *extra_state);
typedef int MPI_Type_copy_attr_function(MPI_Datatype, int keyval, void *extra_state, void *in, void *out, int *flag);
typedef int MPI_Type_delete_attr_function(MPI_Datatype, int keyval, void *value, void *extra_state);
typedef int MPI_Win_copy_attr_function(MPI_Win, int keyval, void *extra_state, void *in, void *out, int *flag);
typedef int MPI_Win_delete_attr_function(MPI_Win, int keyval, void *value, void *extra_state);
typedef MPI_Comm_copy_attr_function MPI_Copy_function;
typedef MPI_Comm_delete_attr_function MPI_Delete_function;
typedef void MPI_Comm_errhandler_function(MPI_Comm *, int *code, ...);
typedef void MPI_Win_errhandler_function(MPI_Win *, int *code, ...);
typedef void MPI_File_errhandler_function(MPI_File *, int *code, ...);
typedef void MPI_Session_errhandler_function(MPI_Session *, int *code, ...);
typedef MPI_Comm_errhandler_function MPI_Handler_function, MPI_Comm_errhandler_fn;
typedef MPI_Win_errhandler_function MPI_Win_errhandler_fn;
typedef MPI_File_errhandler_function MPI_File_errhandler_fn;
typedef int MPI_Grequest_query_function(void *extra_state, MPI_Status *status);
typedef int MPI_Grequest_free_function(void *extra_state);
typedef int MPI_Grequest_cancel_function(void *extra_state, int complete);
typedef int MPIX_Grequest_poll_function(void *extra_state, MPI_Status *status);
typedef int MPIX_Grequest_wait_function(int count, void **states, double timeout, MPI_Status *status);
typedef int MPI_Datarep_extent_function(MPI_Datatype, MPI_Aint *extent, void *extra_state);
typedef int MPI_Datarep_conversion_function(void *userbuf, MPI_Datatype, int count, void *filebuf, MPI_Offset position,
                                            void *extra_state);
typedef int MPI_Datarep_conversion_function_c(void *userbuf, MPI_Datatype, MPI_Count count, void *filebuf,
                                              MPI_Offset position, void *extra_state);
typedef void MPI_T_event_cb_function(MPI_T_event_instance, MPI_T_event_registration, MPI_T_cb_safety, void *user_data);
typedef void MPI_T_event_free_cb_function(MPI_T_event_registration, MPI_T_cb_safety, void *user_data);
typedef void MPI_T_event_dropped_cb_function(MPI_Count, MPI_T_event_registration, int source_index, MPI_T_cb_safety,
                                             void *user_data);

/* Copies a string bounded by the application's MPI_MAX_*: at most bound - 1 characters and the end. Returns its length. */
int abi_string_out(char *to, const char *from, size_t bound) __attribute__((visibility("hidden")));
#endif
