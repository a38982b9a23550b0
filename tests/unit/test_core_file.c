/* test_core_file.c - whole files: bounded reads, and writes that happen or do not. */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT(s)                                                                                \
    &(rwi_part)                                                                                \
    {                                                                                          \
        s, sizeof(s) - 1                                                                       \
    }

static char *folder;

/* folder/name; static, the latest eight names live. */
static const char *in_folder(const char *name)
{
    static char paths[8][4096];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static int entries_in(const char *path)
{
    DIR *dir = opendir(path);
    int count = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static void expect_contents(const char *path, const char *expected)
{
    uint8_t *bytes;
    int64_t count;
    assert_ok(rwi_file_read(path, 1000, &bytes, &count));
    assert_int_equal(count, strlen(expected));
    assert_string_equal((const char *)bytes, expected);
    rwi_free(bytes);
}

static void files_round_trip(void **state)
{
    (void)state;
    const rwi_part parts[] = {{"one ", 4}, {NULL, 0}, {"two", 3}};
    assert_ok(rwi_file_write(in_folder("a"), parts, 3));
    expect_contents(in_folder("a"), "one two");
    assert_ok(rwi_file_write(in_folder("a"), TEXT("new"), 1));
    expect_contents(in_folder("a"), "new");
    assert_ok(rwi_file_write(in_folder("a"), NULL, 0));
    expect_contents(in_folder("a"), "");
    assert_int_equal(entries_in(folder), 1);
}

static void files_without_a_folder(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_ok(rwi_file_write("bare", TEXT("x"), 1));
    expect_contents("./bare", "x");
    assert_int_equal(chdir(before), 0);
}

static void reads_are_bounded(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    int64_t count = 0;
    assert_ok(rwi_file_write(in_folder("ten"), TEXT("0123456789"), 1));
    assert_ok(rwi_file_read(in_folder("ten"), 10, &bytes, &count));
    assert_int_equal(count, 10);
    rwi_free(bytes);
    bytes = NULL;
    assert_fails(rwi_file_read(in_folder("ten"), 9, &bytes, &count), RW_EFORMAT,
                 "/ten' has 10 bytes, expected at most 9");
    assert_null(bytes);
}

static void only_files_are_read(void **state)
{
    (void)state;
    uint8_t *bytes;
    int64_t count;
    assert_fails(rwi_file_read(in_folder("none"), 9, &bytes, &count), RW_ENOTFOUND,
                 "No such file or directory");
    assert_fails(rwi_file_read(folder, 9, &bytes, &count), RW_EIO, "is a folder");
    assert_fails(rwi_file_read("/dev/zero", 9, &bytes, &count), RW_EIO, "is a device");
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_fails(rwi_file_read(in_folder("pipe"), 9, &bytes, &count), RW_EIO, "a pipe");
    assert_fails(rwi_file_read("", 9, &bytes, &count), RW_ENOTFOUND, "cannot open ''");
}

static void failed_writes_leave_nothing(void **state)
{
    (void)state;
    assert_fails(rwi_file_write(in_folder("none/x"), TEXT("x"), 1), RW_ENOTFOUND,
                 "/none/x': No such file or directory");
    assert_int_equal(mkdir(in_folder("sub"), 0777), 0);
    assert_fails(rwi_file_write(in_folder("sub"), TEXT("x"), 1), RW_EIO, "/sub': ");
    assert_ok(rwi_file_write(in_folder("file"), TEXT("x"), 1));
    assert_fails(rwi_file_write(in_folder("file/y"), TEXT("x"), 1), RW_EIO, "Not a directory");
    assert_int_equal(entries_in(folder), 2);
}

/* Runs in a child of its own: 0 is good. */
static void expect_in_child(int (*run)(const char *path), const char *path)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(run(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Nothing is read-only for root, so root becomes nobody. */
static int write_without_permission(const char *path)
{
    if (geteuid() == 0 && setuid(65534) != 0)
        return 2;
    rw_status status = rwi_file_write(path, TEXT("x"), 1);
    return status == RW_EIO && support_says("Permission denied") ? 0 : 1;
}

static void a_folder_without_permission(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(in_folder("locked"), 0555), 0);
    expect_in_child(write_without_permission, in_folder("locked/x"));
    assert_int_equal(entries_in(in_folder("locked")), 0);
}

/* In the child, files end at 100 bytes, as on a full disk. */
static int write_on_a_full_disk(const char *path)
{
    static const char bytes[5000] = {1};
    const struct rlimit limit = {100, 100};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 2;
    rw_status status = rwi_file_write(path, &(rwi_part){bytes, sizeof bytes}, 1);
    return status == RW_EIO && support_says("cannot write") ? 0 : 1;
}

static void a_full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    assert_ok(rwi_file_write(in_folder("kept"), TEXT("old"), 1));
    expect_in_child(write_on_a_full_disk, in_folder("kept"));
    expect_contents(in_folder("kept"), "old");
    assert_int_equal(entries_in(folder), 1);
}

/* Whoever opened the old file goes on reading it: the new one was written beside. */
static void a_file_is_replaced_not_changed(void **state)
{
    (void)state;
    char byte = 0;
    assert_ok(rwi_file_write(in_folder("f"), TEXT("old"), 1));
    int fd = open(in_folder("f"), O_RDONLY);
    assert_true(fd >= 0);
    assert_ok(rwi_file_write(in_folder("f"), TEXT("new"), 1));
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 'o');
    close(fd);
}

static void folders(void **state)
{
    (void)state;
    assert_ok(rwi_folder_make(in_folder("a/b/c")));
    assert_true(rwi_folder_exists(in_folder("a/b/c")));
    assert_ok(rwi_folder_make(in_folder("a/b/c/")));
    assert_ok(rwi_folder_make(in_folder("a//b/d")));
    assert_ok(rwi_folder_make("/"));
    assert_false(rwi_file_exists(in_folder("a")));
    assert_false(rwi_folder_exists(in_folder("e")));
    assert_ok(rwi_file_write(in_folder("f"), TEXT("x"), 1));
    assert_true(rwi_file_exists(in_folder("f")));
    assert_false(rwi_folder_exists(in_folder("f")));
    assert_fails(rwi_folder_make(in_folder("f")), RW_EIO, "cannot create folder");
    assert_fails(rwi_folder_make(in_folder("f/g")), RW_EIO, "cannot create folder");
    assert_fails(rwi_folder_make(""), RW_ENOTFOUND, "cannot create folder ''");
}

/* Only what interrupted writes leave, nothing that is named a little like it. */
static void a_sweep_takes_leftovers_only(void **state)
{
    static const char *const names[] = {"a.tmp-1",  "b.rw.tmp-4711", "c.tmp-",
                                        "d.tmp-1x", "e.tmp",         "f.rw"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ok(rwi_file_write(in_folder(names[i]), TEXT("x"), 1));
    rwi_folder_sweep(folder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(rwi_file_exists(in_folder(names[i])), i >= 2);
    rwi_folder_sweep(in_folder("nowhere"));
}

static void paths_are_joined(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = rwi_path_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        rwi_free(path);
    }
}

static void no_memory(void **state)
{
    (void)state;
    uint8_t *bytes;
    int64_t count;
    assert_ok(rwi_file_write(in_folder("f"), TEXT("x"), 1));
    rwi_memory_fail_at(1);
    assert_fails(rwi_file_write(in_folder("f"), TEXT("y"), 1), RW_ENOMEM, "out of memory");
    rwi_memory_fail_at(1);
    assert_fails(rwi_file_read(in_folder("f"), 9, &bytes, &count), RW_ENOMEM, "out of memory");
    rwi_memory_fail_at(1);
    assert_fails(rwi_folder_make(in_folder("g")), RW_ENOMEM, "out of memory");
    expect_contents(in_folder("f"), "x");
    assert_int_equal(entries_in(folder), 1);
}

/* Every test has the folder for itself. */
#define IN_FOLDER(test)                                                                        \
    static void test##_in_folder(void **state)                                                 \
    {                                                                                          \
        folder = make_folder();                                                                \
        test(state);                                                                           \
        remove_folder(folder);                                                                 \
    }
IN_FOLDER(files_round_trip)
IN_FOLDER(files_without_a_folder)
IN_FOLDER(reads_are_bounded)
IN_FOLDER(only_files_are_read)
IN_FOLDER(failed_writes_leave_nothing)
IN_FOLDER(a_folder_without_permission)
IN_FOLDER(a_full_disk_keeps_the_old_file)
IN_FOLDER(a_file_is_replaced_not_changed)
IN_FOLDER(folders)
IN_FOLDER(a_sweep_takes_leftovers_only)
IN_FOLDER(no_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_round_trip_in_folder),
        cmocka_unit_test(files_without_a_folder_in_folder),
        cmocka_unit_test(reads_are_bounded_in_folder),
        cmocka_unit_test(only_files_are_read_in_folder),
        cmocka_unit_test(failed_writes_leave_nothing_in_folder),
        cmocka_unit_test(a_folder_without_permission_in_folder),
        cmocka_unit_test(a_full_disk_keeps_the_old_file_in_folder),
        cmocka_unit_test(a_file_is_replaced_not_changed_in_folder),
        cmocka_unit_test(folders_in_folder),
        cmocka_unit_test(a_sweep_takes_leftovers_only_in_folder),
        cmocka_unit_test(paths_are_joined),
        cmocka_unit_test(no_memory_in_folder),
    };
    return run_all(tests);
}
