#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::trace::wire {

// Protobuf's wire format, as far as traces need it: appends fields to bytes. A span is encoded while it is made, so
// that a finished one is a string and a batch of them the same strings behind each other. All functions are pure.
//
// Numbers of the fields are those of opentelemetry-proto, package opentelemetry.proto.trace.v1.

void Varint(std::string& out, int field, std::uint64_t value);
void Fixed64(std::string& out, int field, std::uint64_t value);
void Fixed32(std::string& out, int field, std::uint32_t value);
// The beginning of such a field, whose bytes the caller appends.
void Head(std::string& out, int field, std::size_t bytes);
// Also a message that is encoded already.
void Bytes(std::string& out, int field, std::string_view bytes);
// What is no UTF-8 becomes U+FFFD, since one bad string spoils the whole message; what is longer than 1 KiB is cut.
void Text(std::string& out, int field, std::string_view text);

// The field's value is a KeyValue.
void Attribute(std::string& out, int field, std::string_view key, std::string_view value);
void Attribute(std::string& out, int field, std::string_view key, std::int64_t value);
void Attribute(std::string& out, int field, std::string_view key, double value);
void Attribute(std::string& out, int field, std::string_view key, bool value);
// A list of one string.
void ListAttribute(std::string& out, int field, std::string_view key, std::string_view value);

}  // namespace wayleave::trace::wire
