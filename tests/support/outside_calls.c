/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support/outside_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "port/common/sanitize.h"

/* What <bits/poll2.h> and the like call with _FORTIFY_SOURCE. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		const sigset_t *mask, size_t room);
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *to, size_t size, size_t room, int flags, struct sockaddr *from,
		       socklen_t *length);

bool outside_first;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spinlock;
static pthread_barrier_t barrier;
static mtx_t plain_mtx, timed_mtx;
static cnd_t cnd;
static sem_t sem;
static sigset_t usr1;
static int ends[2], sockets[2], file = -1; /* a pipe, a pair, a regular file */
static const struct timespec past, soon = { 0, 1 }, never = { INT32_MAX, 0 };

static void outside_nothing(void)
{
}

static void outside_on_signal(int signal)
{
	(void)signal;
}

void outside_begin(void)
{
	struct sigaction action = { .sa_handler = outside_on_signal };
	FILE *opened = tmpfile();

	file = opened ? dup(fileno(opened)) : -1;
	if (opened)
		fclose(opened);
	if (file < 0 || pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		abort();
	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	pthread_barrier_init(&barrier, NULL, 1);
	mtx_init(&plain_mtx, mtx_plain);
	mtx_init(&timed_mtx, mtx_timed);
	cnd_init(&cnd);
	sem_init(&sem, 0, 0);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
}

int outside_file(void)
{
	return file;
}

void outside_end(void)
{
	close(file);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(sockets[i]);
	}
	pthread_barrier_destroy(&barrier);
	mtx_destroy(&plain_mtx);
	mtx_destroy(&timed_mtx);
	cnd_destroy(&cnd);
	sem_destroy(&sem);
}

/* A call before the one in question. */
#define BEFORE(call) ((void)(outside_first || ((call), true)))

#define CALL(symbol, before, condition, then) \
	static bool outside_##symbol(void)    \
	{                                     \
		bool good;                    \
                                              \
		(void)(before);               \
		good = (condition);           \
		(void)(then);                 \
		return good;                  \
	}
#define FAILS(call, error) ((call) == -1 && errno == (error))

/* ---- locks ------------------------------------------------------------------------------- */

#define LOCKS(symbol, call, unlock) CALL(symbol, 0, !(call), unlock)
/* It would be passed on, but TSan does not know the call, and complains about what comes after. */
static bool outside_is_unseen(void)
{
	return HS_TSAN && !outside_first;
}

#define LOCKS_UNSEEN(symbol, call, unlock) \
	CALL(symbol, 0, outside_is_unseen() || !(call), outside_is_unseen() || (unlock))

LOCKS(pthread_mutex_lock, pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))
LOCKS(pthread_mutex_trylock, pthread_mutex_trylock(&mutex), pthread_mutex_unlock(&mutex))
LOCKS(pthread_mutex_timedlock, pthread_mutex_timedlock(&mutex, &past), pthread_mutex_unlock(&mutex))
LOCKS_UNSEEN(pthread_mutex_clocklock, pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past),
	     pthread_mutex_unlock(&mutex))
CALL(pthread_mutex_unlock, BEFORE(pthread_mutex_lock(&mutex)), !pthread_mutex_unlock(&mutex), 0)
LOCKS(pthread_rwlock_rdlock, pthread_rwlock_rdlock(&rwlock), pthread_rwlock_unlock(&rwlock))
LOCKS(pthread_rwlock_tryrdlock, pthread_rwlock_tryrdlock(&rwlock), pthread_rwlock_unlock(&rwlock))
LOCKS(pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock(&rwlock, &past),
      pthread_rwlock_unlock(&rwlock))
LOCKS_UNSEEN(pthread_rwlock_clockrdlock,
	     pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &past),
	     pthread_rwlock_unlock(&rwlock))
LOCKS(pthread_rwlock_wrlock, pthread_rwlock_wrlock(&rwlock), pthread_rwlock_unlock(&rwlock))
LOCKS(pthread_rwlock_trywrlock, pthread_rwlock_trywrlock(&rwlock), pthread_rwlock_unlock(&rwlock))
LOCKS(pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock(&rwlock, &past),
      pthread_rwlock_unlock(&rwlock))
LOCKS_UNSEEN(pthread_rwlock_clockwrlock,
	     pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &past),
	     pthread_rwlock_unlock(&rwlock))
CALL(pthread_rwlock_unlock, BEFORE(pthread_rwlock_wrlock(&rwlock)), !pthread_rwlock_unlock(&rwlock),
     0)
LOCKS(pthread_spin_lock, pthread_spin_lock(&spinlock), pthread_spin_unlock(&spinlock))
LOCKS(pthread_spin_trylock, pthread_spin_trylock(&spinlock), pthread_spin_unlock(&spinlock))
CALL(pthread_spin_unlock, BEFORE(pthread_spin_lock(&spinlock)), !pthread_spin_unlock(&spinlock), 0)
LOCKS(mtx_lock, mtx_lock(&plain_mtx) != thrd_success, mtx_unlock(&plain_mtx))
LOCKS(mtx_trylock, mtx_trylock(&plain_mtx) != thrd_success, mtx_unlock(&plain_mtx))
LOCKS(mtx_timedlock, mtx_timedlock(&timed_mtx, &past) != thrd_success, mtx_unlock(&timed_mtx))
CALL(mtx_unlock, BEFORE(mtx_lock(&plain_mtx)), mtx_unlock(&plain_mtx) == thrd_success, 0)
LOCKS(flock, flock(file, LOCK_EX), flock(file, LOCK_UN))
LOCKS(lockf, lockf(file, F_LOCK, 1), lockf(file, F_ULOCK, 1))
LOCKS(lockf64, lockf64(file, F_LOCK, 1), lockf64(file, F_ULOCK, 1))

static struct flock outside_range(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };
}

static bool outside_fcntl(void)
{
	struct flock locked = outside_range(F_WRLCK), unlocked = outside_range(F_UNLCK);

	return !fcntl(file, F_SETLKW, &locked) && !fcntl(file, F_SETLK, &unlocked) &&
	       fcntl(file, F_SETFD, FD_CLOEXEC) == 0 && fcntl(file, F_GETFD) == FD_CLOEXEC;
}

static bool outside_fcntl64(void)
{
	struct flock locked = outside_range(F_WRLCK), unlocked = outside_range(F_UNLCK);

	return !fcntl64(file, F_OFD_SETLKW, &locked) && !fcntl64(file, F_OFD_SETLK, &unlocked) &&
	       FAILS(fcntl64(-1, F_GETFD), EBADF);
}

static bool outside_pthread_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	return !pthread_once(&once, outside_nothing);
}

static bool outside_call_once(void)
{
	static once_flag once = ONCE_FLAG_INIT;

	call_once(&once, outside_nothing);
	return true;
}

/* ---- waits and wakes --------------------------------------------------------------------- */

static void *outside_signals(void *arg)
{
	pthread_mutex_lock(&mutex);
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	return arg;
}

static bool outside_pthread_cond_wait(void)
{
	pthread_t thread;
	bool good;

	BEFORE(pthread_mutex_lock(&mutex));
	BEFORE(pthread_create(&thread, NULL, outside_signals, NULL));
	good = !pthread_cond_wait(&cond, &mutex);
	return good && !pthread_mutex_unlock(&mutex) && !pthread_join(thread, NULL);
}

CALL(pthread_cond_timedwait, BEFORE(pthread_mutex_lock(&mutex)),
     pthread_cond_timedwait(&cond, &mutex, &past) == ETIMEDOUT, pthread_mutex_unlock(&mutex))
CALL(pthread_cond_clockwait, BEFORE(pthread_mutex_lock(&mutex)),
     pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &past) == ETIMEDOUT,
     pthread_mutex_unlock(&mutex))
CALL(pthread_cond_signal, 0, !pthread_cond_signal(&cond), 0)
CALL(pthread_cond_broadcast, 0, !pthread_cond_broadcast(&cond), 0)
CALL(pthread_barrier_wait, 0, PTHREAD_BARRIER_SERIAL_THREAD == pthread_barrier_wait(&barrier), 0)

static void *outside_signals_cnd(void *arg)
{
	mtx_lock(&plain_mtx);
	cnd_signal(&cnd);
	mtx_unlock(&plain_mtx);
	return arg;
}

static bool outside_cnd_wait(void)
{
	pthread_t thread;
	bool good;

	BEFORE(mtx_lock(&plain_mtx));
	BEFORE(pthread_create(&thread, NULL, outside_signals_cnd, NULL));
	good = cnd_wait(&cnd, &plain_mtx) == thrd_success;
	return good && mtx_unlock(&plain_mtx) == thrd_success && !pthread_join(thread, NULL);
}

CALL(cnd_timedwait, BEFORE(mtx_lock(&plain_mtx)),
     cnd_timedwait(&cnd, &plain_mtx, &past) == thrd_timedout, mtx_unlock(&plain_mtx))
CALL(cnd_signal, 0, cnd_signal(&cnd) == thrd_success, 0)
CALL(cnd_broadcast, 0, cnd_broadcast(&cnd) == thrd_success, 0)
CALL(sem_wait, BEFORE(sem_post(&sem)), !sem_wait(&sem), 0)
CALL(sem_trywait, 0, FAILS(sem_trywait(&sem), EAGAIN), 0)
CALL(sem_timedwait, 0, FAILS(sem_timedwait(&sem, &past), ETIMEDOUT), 0)
CALL(sem_clockwait, 0, FAILS(sem_clockwait(&sem, CLOCK_MONOTONIC, &past), ETIMEDOUT), 0)
CALL(sem_post, 0, !sem_post(&sem), sem_wait(&sem))

static struct sembuf semaphore_up = { 0, 1, 0 };

CALL(semop, 0, FAILS(semop(-1, &semaphore_up, 1), EINVAL), 0)
CALL(semtimedop, 0, FAILS(semtimedop(-1, &semaphore_up, 1, &past), EINVAL), 0)

static bool outside_syscall(void)
{
	static uint32_t word = 1;
	static const long numbers[] = { SYS_futex, SYS_nanosleep };

	return FAILS(syscall(numbers[0], &word, FUTEX_WAIT, 0, NULL, NULL, 0), EAGAIN) &&
	       !syscall(numbers[1], &soon, NULL) && syscall(SYS_getpid) == getpid() &&
	       syscall(SYS_lseek, file, 7, SEEK_SET) == 7;
}

/* ---- threads ----------------------------------------------------------------------------- */

static pthread_t made;

static void *outside_thread(void *arg)
{
	return arg;
}

static pthread_t outside_started(void)
{
	pthread_t thread = pthread_self();

	BEFORE(pthread_create(&thread, NULL, outside_thread, &mutex));
	return thread;
}

/* The thread ends at once, and the call before was answered EBUSY until then. */
static int outside_try(pthread_t thread, void **result)
{
	int ret;

	do
		ret = pthread_tryjoin_np(thread, result);
	while (ret == EBUSY);
	return ret;
}

#define JOINS(symbol, call)                                 \
	static bool outside_##symbol(void)                  \
	{                                                   \
		pthread_t thread = outside_started();       \
		void *result = NULL;                        \
                                                            \
		return !(call) && result == (void *)&mutex; \
	}

CALL(pthread_create, 0, !pthread_create(&made, NULL, outside_thread, NULL),
     pthread_join(made, NULL))
JOINS(pthread_join, pthread_join(thread, &result))
JOINS(pthread_tryjoin_np, outside_try(thread, &result))
JOINS(pthread_timedjoin_np, pthread_timedjoin_np(thread, &result, &never))
JOINS(pthread_clockjoin_np,
      outside_is_unseen() ? pthread_join(thread, &result)
			  : pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &never))

static int outside_thrd(void *arg)
{
	(void)arg;
	return 7;
}

static bool outside_thrd_create(void)
{
	thrd_t thread;
	int result = 0;

	if (outside_is_unseen())
		return true;
	return thrd_create(&thread, outside_thrd, NULL) == thrd_success &&
	       thrd_join(thread, &result) == thrd_success && result == 7;
}

static bool outside_thrd_join(void)
{
	pthread_t thread = outside_started();

	return outside_is_unseen() ? !pthread_join(thread, NULL)
				   : thrd_join(thread, NULL) == thrd_success;
}

/* ---- sleeps and spins -------------------------------------------------------------------- */

CALL(sleep, 0, sleep(0) == 0, 0)
CALL(usleep, 0, !usleep(1), 0)
CALL(nanosleep, 0, !nanosleep(&soon, NULL), 0)
CALL(clock_nanosleep, 0, clock_nanosleep(CLOCK_MONOTONIC, 0, &soon, NULL) == 0, 0)
CALL(thrd_sleep, 0, !thrd_sleep(&soon, NULL), 0)
CALL(sched_yield, 0, !sched_yield(), 0)

static bool outside_thrd_yield(void)
{
	thrd_yield();
	return true;
}

/* A tick may come before the pause, but not all of them. */
static bool outside_pause(void)
{
	struct itimerval ticks = { { 0, 1000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	bool good;

	BEFORE(setitimer(ITIMER_REAL, &ticks, NULL));
	good = FAILS(pause(), EINTR);
	setitimer(ITIMER_REAL, &off, NULL);
	return good;
}

static void outside_block(bool block)
{
	if (!outside_first)
		pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &usr1, NULL);
	if (!outside_first && block)
		raise(SIGUSR1);
}

#define TAKES_SIGNAL(symbol, condition)                  \
	static bool outside_##symbol(void)               \
	{                                                \
		int signal = SIGUSR1;                    \
		bool good;                               \
                                                         \
		outside_block(true);                     \
		good = (condition) && signal == SIGUSR1; \
		outside_block(false);                    \
		return good;                             \
	}

static const sigset_t *outside_no_signal(void)
{
	static sigset_t none;

	sigemptyset(&none);
	return &none;
}

TAKES_SIGNAL(sigsuspend, FAILS(sigsuspend(outside_no_signal()), EINTR))
TAKES_SIGNAL(sigwait, !sigwait(&usr1, &signal))
TAKES_SIGNAL(sigwaitinfo, sigwaitinfo(&usr1, NULL) == SIGUSR1)
TAKES_SIGNAL(sigtimedwait, sigtimedwait(&usr1, NULL, &past) == SIGUSR1)

/* ---- input ------------------------------------------------------------------------------- */

CALL(select, 0, !select(0, NULL, NULL, NULL, &(struct timeval){ 0, 0 }), 0)
CALL(pselect, 0, !pselect(0, NULL, NULL, NULL, &past, NULL), 0)
CALL(poll, 0, !poll(NULL, 0, 0), 0)
CALL(__poll_chk, 0, !__poll_chk(NULL, 0, 0, 0), 0)
CALL(ppoll, 0, !ppoll(NULL, 0, &past, NULL), 0)
CALL(__ppoll_chk, 0, !__ppoll_chk(NULL, 0, &past, NULL, 0), 0)
CALL(epoll_wait, 0, FAILS(epoll_wait(-1, &(struct epoll_event){ 0 }, 1, 0), EBADF), 0)
CALL(epoll_pwait, 0, FAILS(epoll_pwait(-1, &(struct epoll_event){ 0 }, 1, 0, NULL), EBADF), 0)

#define READS(symbol, to_end, call)                                                         \
	static bool outside_##symbol(void)                                                  \
	{                                                                                   \
		char to[4] = "";                                                            \
		struct iovec part = { to, 2 };                                              \
		struct mmsghdr many = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1 } }; \
                                                                                            \
		if (!outside_first && write(to_end, "ab", 2) != 2)                          \
			return false;                                                       \
		(void)many;                                                                 \
		return (call) && !memcmp(to, "ab", 2);                                      \
	}

READS(read, ends[1], read(ends[0], to, 2) == 2)
READS(__read_chk, ends[1], __read_chk(ends[0], to, 2, 4) == 2)
READS(readv, ends[1], readv(ends[0], &part, 1) == 2)
READS(recv, sockets[1], recv(sockets[0], to, 2, 0) == 2)
READS(__recv_chk, sockets[1], __recv_chk(sockets[0], to, 2, 4, 0) == 2)
READS(recvfrom, sockets[1], recvfrom(sockets[0], to, 2, 0, NULL, NULL) == 2)
READS(__recvfrom_chk, sockets[1], __recvfrom_chk(sockets[0], to, 2, 4, 0, NULL, NULL) == 2)
READS(recvmsg, sockets[1], recvmsg(sockets[0], &many.msg_hdr, 0) == 2)
READS(recvmmsg, sockets[1], recvmmsg(sockets[0], &many, 1, 0, NULL) == 1)

static bool outside_msgrcv(void)
{
	struct msgbuf message = { 0 };

	return FAILS(msgrcv(-1, &message, 1, 0, 0), EINVAL);
}

static const struct sockaddr no_address = { .sa_family = AF_UNSPEC };

CALL(accept, 0, FAILS(accept(sockets[0], NULL, NULL), EINVAL), 0)
CALL(accept4, 0, FAILS(accept4(sockets[0], NULL, NULL, 0), EINVAL), 0)
CALL(connect, 0, FAILS(connect(-1, &no_address, sizeof(no_address)), EBADF), 0)

/* ---- processes --------------------------------------------------------------------------- */

static char true_path[] = "/bin/true", true_name[] = "true";
static char *const true_argv[] = { true_name, NULL };
static char *const no_env[] = { NULL };

static bool outside_ended(pid_t child, int status)
{
	int how;

	return child > 0 && waitpid(child, &how, 0) == child && WIFEXITED(how) &&
	       WEXITSTATUS(how) == status;
}

static bool outside_fork(void)
{
	pid_t child = fork();

	if (!child)
		_exit(3);
	return outside_ended(child, 3);
}

static bool outside_vfork(void)
{
	pid_t child = vfork();

	if (!child)
		_exit(4);
	return outside_ended(child, 4);
}

#define SPAWNS(symbol, path)                                                   \
	static bool outside_##symbol(void)                                     \
	{                                                                      \
		pid_t child = 0;                                               \
                                                                               \
		return !symbol(&child, path, NULL, NULL, true_argv, no_env) && \
		       outside_ended(child, 0);                                \
	}

SPAWNS(posix_spawn, true_path)
SPAWNS(posix_spawnp, true_name)
CALL(system, 0, WEXITSTATUS(system("exit 5")) == 5, 0)

static bool outside_popen(void)
{
	FILE *stream = popen("exit 6", "r");

	return stream && WEXITSTATUS(pclose(stream)) == 6;
}

static bool outside_pclose(void)
{
	FILE *stream = NULL;

	BEFORE(stream = popen("exit 6", "r"));
	return WEXITSTATUS(pclose(stream)) == 6;
}

CALL(wait, 0, FAILS(wait(NULL), ECHILD), 0)
CALL(waitpid, 0, FAILS(waitpid(-1, NULL, 0), ECHILD), 0)
CALL(waitid, 0, FAILS(waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED), ECHILD), 0)
CALL(wait3, 0, FAILS(wait3(NULL, 0, NULL), ECHILD), 0)
CALL(wait4, 0, FAILS(wait4(-1, NULL, 0, NULL), ECHILD), 0)

/* ---- ends -------------------------------------------------------------------------------- */

/* In a child, unless it is refused. What it returns to is an error. */
#define ENDS(symbol, status, call)                           \
	static bool outside_##symbol(void)                   \
	{                                                    \
		pid_t child = 0;                             \
                                                             \
		fflush(NULL);                                \
		BEFORE(child = fork());                      \
		if (child)                                   \
			return outside_ended(child, status); \
		(void)(call);                                \
		abort();                                     \
	}

/* A shell that finds its arguments, and what it has of the environment. */
static char shell_path[] = "/bin/sh", shell_name[] = "sh", shell_c[] = "-c";
static char shell_text[] = "exit ${STATUS:-8}", shell_status[] = "STATUS=9";
static char *const shell_argv[] = { shell_name, shell_c, shell_text, NULL };
static char *const shell_env[] = { shell_status, NULL };

ENDS(execv, 8, execv(shell_path, shell_argv))
ENDS(execve, 9, execve(shell_path, shell_argv, shell_env))
ENDS(execvp, 8, execvp(shell_name, shell_argv))
ENDS(execvpe, 9, execvpe(shell_name, shell_argv, shell_env))
ENDS(execl, 8, execl(shell_path, shell_name, shell_c, shell_text, (char *)NULL))
ENDS(execlp, 8, execlp(shell_name, shell_name, shell_c, shell_text, (char *)NULL))
ENDS(execle, 9, execle(shell_path, shell_name, shell_c, shell_text, (char *)NULL, shell_env))
ENDS(fexecve, 9, fexecve(open(shell_path, O_RDONLY), shell_argv, shell_env))
ENDS(exit, 10, (exit(10), 0))
ENDS(_exit, 11, (_exit(11), 0))
ENDS(_Exit, 12, (_Exit(12), 0))
ENDS(quick_exit, 13, (quick_exit(13), 0))

static void *outside_leaves(void *result)
{
	pthread_exit(result);
}

static bool outside_pthread_exit(void)
{
	pthread_t thread;
	void *result = NULL;

	if (outside_first)
		pthread_exit(NULL);
	return !pthread_create(&thread, NULL, outside_leaves, &mutex) &&
	       !pthread_join(thread, &result) && result == (void *)&mutex;
}

static int outside_leaves_thrd(void *arg)
{
	(void)arg;
	thrd_exit(14);
}

static bool outside_thrd_exit(void)
{
	thrd_t thread;
	int result = 0;

	if (outside_first)
		thrd_exit(0);
	if (outside_is_unseen())
		return true;
	return thrd_create(&thread, outside_leaves_thrd, NULL) == thrd_success &&
	       thrd_join(thread, &result) == thrd_success && result == 14;
}

#define HS_REFUSE(symbol, ...) { #symbol, #symbol, outside_##symbol },
#define HS_REFUSE_VOID(symbol, ...) { #symbol, #symbol, outside_##symbol },
#define HS_REFUSE_AS(symbol, name, ...) { #symbol, name, outside_##symbol },
#define HS_REFUSE_OWN(symbol, name) { #symbol, name, outside_##symbol },
/* A call without a function here does not compile. */
const struct outside_call outside_calls[] = {
#include "port/explore/refuse.def"
};
const size_t outside_call_count = sizeof(outside_calls) / sizeof(outside_calls[0]);
