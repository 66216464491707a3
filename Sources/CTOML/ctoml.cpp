// See ctoml.h. Nothing may leave this file as a C++ exception.

#undef NDEBUG  // with it, toml++ turns its assertions into assumptions: undefined behaviour on foreign text
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#include <stdexcept>
// toml++ 3.3.0 asserts on texts such as "[" and "[!]". An assertion must not abort a daemon that reloads.
#define TOML_ASSERT(e) ((e) ? (void)0 : throw std::runtime_error("malformed TOML"))
#define TOML_ASSERT_ASSUME(e) TOML_ASSERT(e)
#include <toml++/toml.h>

#include <cstring>
#include <vector>

#include "ctoml.h"

struct ctoml_document {
    toml::table root;
    std::vector<ctoml_node> nodes;
};

namespace {

void report(ctoml_error *error, const char *message, size_t length, uint32_t line, uint32_t column) {
    size_t kept = length < sizeof error->message - 1 ? length : sizeof error->message - 1;
    std::memcpy(error->message, message, kept);
    error->message[kept] = 0;
    error->line = line;
    error->column = column;
}

void set(ctoml_date_time &out, const toml::date &date) {
    out.has_date = true;
    out.year = date.year;
    out.month = date.month;
    out.day = date.day;
}

void set(ctoml_date_time &out, const toml::time &time) {
    out.has_time = true;
    out.hour = time.hour;
    out.minute = time.minute;
    out.second = time.second;
    out.nanosecond = time.nanosecond;
}

void set(ctoml_date_time &out, const toml::date_time &value) {
    set(out, value.date);
    set(out, value.time);
    out.has_offset = value.offset.has_value();
    out.offset_minutes = value.offset ? value.offset->minutes : 0;
}

void describe_value(ctoml_node &out, const toml::node &node) {
    if (auto text = node.as_string()) {
        out.kind = CTOML_STRING;
        out.text = text->get().data();
        out.text_length = text->get().size();
    } else if (auto integer = node.as_integer()) {
        out.kind = CTOML_INTEGER;
        out.integer = integer->get();
    } else if (auto number = node.as_floating_point()) {
        out.kind = CTOML_FLOAT;
        out.number = number->get();
    } else if (auto boolean = node.as_boolean()) {
        out.kind = CTOML_BOOLEAN;
        out.boolean = boolean->get();
    } else {
        out.kind = CTOML_DATE_TIME;
        if (auto date = node.as_date()) set(out.date_time, date->get());
        if (auto time = node.as_time()) set(out.date_time, time->get());
        if (auto both = node.as_date_time()) set(out.date_time, both->get());
    }
}

/// Recursion is as deep as the document, which the caller has bounded.
void walk(std::vector<ctoml_node> &nodes, const toml::node &node, const toml::key *key) {
    ctoml_node out{};
    out.line = node.source().begin.line;
    out.column = node.source().begin.column;
    out.end_line = node.source().end.line;
    out.end_column = node.source().end.column;
    if (key) {
        out.key = key->str().data();
        out.key_length = key->str().size();
        out.key_line = key->source().begin.line;
        out.key_column = key->source().begin.column;
    }
    if (auto table = node.as_table()) {
        out.kind = CTOML_TABLE;
        out.child_count = static_cast<uint32_t>(table->size());
        nodes.push_back(out);
        for (auto &&[name, child] : *table) walk(nodes, child, &name);
    } else if (auto array = node.as_array()) {
        out.kind = CTOML_ARRAY;
        out.child_count = static_cast<uint32_t>(array->size());
        nodes.push_back(out);
        for (auto &&child : *array) walk(nodes, child, nullptr);
    } else {
        describe_value(out, node);
        nodes.push_back(out);
    }
}

}  // namespace

ctoml_document *ctoml_parse(const char *text, size_t length, ctoml_error *error) {
    ctoml_document *document = nullptr;
    try {
        document = new ctoml_document;
        document->root = toml::parse(std::string_view(text, length));
        walk(document->nodes, document->root, nullptr);
        return document;
    } catch (const toml::parse_error &failure) {
        auto place = failure.source().begin;
        report(error, failure.description().data(), failure.description().size(), place.line, place.column);
    } catch (const std::exception &failure) {
        report(error, failure.what(), std::strlen(failure.what()), 0, 0);
    } catch (...) {
        report(error, "malformed TOML", 14, 0, 0);
    }
    delete document;
    return nullptr;
}

const ctoml_node *ctoml_nodes(const ctoml_document *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}

void ctoml_free(ctoml_document *document) { delete document; }
