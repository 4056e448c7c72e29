/* Forced in before every line of pyuv 1.4.0 (cc -include), whose source stays as released in 2017.
 *
 * It gives back, on CPython 3.11 and later, what that release counts on:
 *
 * - PY_SSIZE_T_CLEAN has to be defined before the first Python.h. pyuv defines it too, but after this header; without
 *   it "s#" writes an int into a Py_ssize_t and Pipe.bind() corrupts memory.
 * - Py_REFCNT(o) is assigned to when a handle that still closes is resurrected in its deallocator (src/handle.c).
 *   Since 3.10 it is an inline function, so it is spelt as the field again.
 * - PyUnicode_EncodeUTF8 and the two PyUnicode_* macros are named on one branch of src/common.c that is taken only
 *   when there is no file system encoding. CPython 3 always has one, so the stand-ins raise.
 * - PyMem_Malloc/PyMem_Free need the GIL since 3.12's per-interpreter allocators. libuv's close callback of a
 *   deallocated handle frees its data while the loop runs without it, hence the "raw" twins. pyuv frees only what
 *   it allocated itself, so the pairs stay matched.
 *
 * And it adds what that release lacks:
 *
 * - Every read is offered pyuv's 64 KiB buffer. A stream object with a `read_size` (an int, asked for anew before each
 *   read) is offered as many bytes: how much libuv takes at once, and so how often it reads in one turn, is visible.
 * - set_thread(ident) says which thread runs the loop, 0 for none. In another one try_write() fails with UV_EFAULT, which
 *   the kernel never answers to it. In Python this check would be among the dearest parts of a write.
 * - abandon() is for a forked child that has yet to return to the parent's loop: what the loop was about to serve in that
 *   turn is the parent's, and is left to it.
 */
#ifndef NODESOCK_PYUV_COMPAT_H
#define NODESOCK_PYUV_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#undef Py_REFCNT
#define Py_REFCNT(o) (((PyObject *)(o))->ob_refcnt)

static inline PyObject *
nodesock_no_utf8_encoder(void)
{
    PyErr_SetString(PyExc_RuntimeError, "pyuv: the file system encoding is not set");
    return NULL;
}
#undef PyUnicode_EncodeUTF8
#undef PyUnicode_AS_UNICODE
#undef PyUnicode_GET_SIZE
#define PyUnicode_EncodeUTF8(text, size, errors) nodesock_no_utf8_encoder()
#define PyUnicode_AS_UNICODE(o) NULL
#define PyUnicode_GET_SIZE(o) 0

#undef PyMem_Malloc
#undef PyMem_Free
#define PyMem_Malloc PyMem_RawMalloc
#define PyMem_Free PyMem_RawFree

#include <uv.h>

static uv_alloc_cb nodesock_alloc;

/* A buffer longer than pyuv's; whoever is called with what was read copies it before anything else is read. */
static _Thread_local char *nodesock_long_base;
static _Thread_local size_t nodesock_long_size;

static inline size_t
nodesock_read_size(uv_handle_t *handle)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *value = PyObject_GetAttrString((PyObject *)handle->data, "read_size");
    size_t size = value ? PyLong_AsSize_t(value) : 0;

    if (PyErr_Occurred()) {
        PyErr_WriteUnraisable((PyObject *)handle->data);
        size = 0;
    }
    Py_XDECREF(value);
    PyGILState_Release(gil);
    return size;
}

static inline void
nodesock_alloc_read_size(uv_handle_t *handle, size_t suggested_size, uv_buf_t *buf)
{
    size_t size = nodesock_read_size(handle);

    nodesock_alloc(handle, suggested_size, buf);
    if (size <= buf->len) {
        buf->len = size;
        return;
    }
    if (size > nodesock_long_size) {
        char *longer = PyMem_RawRealloc(nodesock_long_base, size);
        if (!longer)
            return;
        nodesock_long_base = longer;
        nodesock_long_size = size;
    }
    buf->base = nodesock_long_base;
    buf->len = size;
}

static inline int
nodesock_read_start(uv_stream_t *stream, uv_alloc_cb alloc_cb, uv_read_cb read_cb)
{
    if (PyObject_HasAttrString((PyObject *)stream->data, "read_size")) {
        nodesock_alloc = alloc_cb;
        alloc_cb = nodesock_alloc_read_size;
    }
    return uv_read_start(stream, alloc_cb, read_cb);
}
#define uv_read_start nodesock_read_start

/* The thread that runs the loop, as threading.get_ident() has it; 0 while none does. */
static unsigned long nodesock_thread;

static PyObject *
nodesock_set_thread(PyObject *Py_UNUSED(module), PyObject *ident)
{
    unsigned long thread = PyLong_AsUnsignedLong(ident);

    if (PyErr_Occurred())
        return NULL;
    nodesock_thread = thread;
    Py_RETURN_NONE;
}

static inline int
nodesock_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned int nbufs)
{
    if (nodesock_thread && nodesock_thread != PyThread_get_thread_ident())
        return UV_EFAULT;
    return uv_try_write(stream, bufs, nbufs);
}
#define uv_try_write nodesock_try_write

/* The loop that runs, NULL while none does. */
static uv_loop_t *nodesock_loop;

static inline int
nodesock_run(uv_loop_t *loop, uv_run_mode mode)
{
    uv_loop_t *outer = nodesock_loop;
    int alive;

    nodesock_loop = loop;
    alive = uv_run(loop, mode);
    nodesock_loop = outer;
    return alive;
}
#define uv_run nodesock_run

static inline void
nodesock_unlink(struct uv__queue *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = node;
}

/* As if its descriptor had been closed, which libuv looks for after each callback. */
static inline void
nodesock_abandon_watcher(uv__io_t *watcher)
{
    nodesock_unlink(&watcher->watcher_queue);
    nodesock_unlink(&watcher->pending_queue);
    watcher->fd = -1;
}

static void
nodesock_abandon_handle(uv_handle_t *handle, void *Py_UNUSED(arg))
{
    switch (handle->type) {
    case UV_TCP:
    case UV_NAMED_PIPE:
        nodesock_abandon_watcher(&((uv_stream_t *)handle)->io_watcher);
        uv_read_stop((uv_stream_t *)handle);
        break;
    case UV_UDP:
        nodesock_abandon_watcher(&((uv_udp_t *)handle)->io_watcher);
        break;
    default:
        break;
    }
}

static PyObject *
nodesock_abandon(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    uv_loop_t *loop = nodesock_loop;
    unsigned int fd;

    if (loop) {
        uv_walk(loop, nodesock_abandon_handle, NULL);
        for (fd = 0; fd < loop->nwatchers; fd++) {
            if (loop->watchers[fd])
                nodesock_abandon_watcher(loop->watchers[fd]);
            loop->watchers[fd] = NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyMethodDef nodesock_functions[] = {
    {"abandon", nodesock_abandon, METH_NOARGS, "In a forked child: the loop that runs serves nothing any more."},
    {"set_thread", nodesock_set_thread, METH_O, "Only the thread with this ident may write; 0: any may."},
    {NULL, NULL, 0, NULL},
};

static inline PyObject *
nodesock_module_create(PyModuleDef *definition)
{
    PyObject *module = PyModule_Create(definition);

    if (module && PyModule_AddFunctions(module, nodesock_functions) < 0)
        Py_CLEAR(module);
    return module;
}
#undef PyModule_Create
#define PyModule_Create nodesock_module_create

#endif
