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

#endif
