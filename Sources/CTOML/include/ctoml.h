// TOML 1.0 for Swift: one call turns text into a flat list of nodes, each with the place where it was written.
//
// A thin C face on Debian's libtomlplusplus-dev (toml++ 3.3.0, header only). Begin at `ctoml_parse`. The caller checks
// size, UTF-8 and nesting beforehand; whatever toml++ throws comes back as an error here and never ends the process.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CTOML_TABLE = 0,
    CTOML_ARRAY = 1,
    CTOML_STRING = 2,
    CTOML_INTEGER = 3,
    CTOML_FLOAT = 4,
    CTOML_BOOLEAN = 5,
    CTOML_DATE_TIME = 6,
} ctoml_kind;

/// A date, a time, or both, with or without an offset: what is absent has its flag unset.
typedef struct {
    bool has_date;
    bool has_time;
    bool has_offset;
    uint16_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
    uint32_t nanosecond;
    int16_t offset_minutes;
} ctoml_date_time;

/// A key with its value, an element of an array, or the document (which is the first node and a table).
///
/// Nodes stand in preorder: the `child_count` children of a table or array, each with all below it, follow it directly.
/// Lines and columns count from 1, columns in code points; 0 means that toml++ does not say. Strings belong to the
/// document, are UTF-8, may hold U+0000 and are not terminated.
typedef struct {
    ctoml_kind kind;
    uint32_t child_count;
    uint32_t key_line;
    uint32_t key_column;
    uint32_t line;
    uint32_t column;
    uint32_t end_line;
    uint32_t end_column;
    const char *key;
    size_t key_length;
    const char *text;
    size_t text_length;
    int64_t integer;
    double number;
    bool boolean;
    ctoml_date_time date_time;
} ctoml_node;

/// What is wrong with the syntax. The message ends with a zero byte and may have been cut. Line 0: place not known.
typedef struct {
    uint32_t line;
    uint32_t column;
    char message[512];
} ctoml_error;

typedef struct ctoml_document ctoml_document;

/// The document, to be released with `ctoml_free`; or NULL, and `error` is filled in.
ctoml_document *ctoml_parse(const char *text, size_t length, ctoml_error *error);

/// All nodes in preorder, owned by the document; at least one.
const ctoml_node *ctoml_nodes(const ctoml_document *document, size_t *count);

void ctoml_free(ctoml_document *document);

#ifdef __cplusplus
}
#endif
