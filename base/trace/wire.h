#pragma once

#include <cstdint>
#include <string_view>

#include "base/text/byte_buffer.h"

namespace wayleave::trace::wire {

// Protobuf's wire format, as far as traces need it: appends fields to bytes. A span is encoded while it is made, so
// that a finished one is a run of bytes and a batch of them the same runs behind each other.
//
// Numbers of the fields are those of opentelemetry-proto, package opentelemetry.proto.trace.v1.

using text::ByteBuffer;

void Varint(ByteBuffer& out, int field, std::uint64_t value);
void Fixed64(ByteBuffer& out, int field, std::uint64_t value);
void Fixed32(ByteBuffer& out, int field, std::uint32_t value);
// The beginning of such a field, whose bytes the caller appends.
void Head(ByteBuffer& out, int field, std::size_t bytes);
// Also a message that is encoded already.
void Bytes(ByteBuffer& out, int field, std::string_view bytes);
// What is no UTF-8 becomes U+FFFD, since one bad string spoils the whole message; what is longer than 1 KiB is cut.
void Text(ByteBuffer& out, int field, std::string_view text);

// The field's value is a KeyValue.
void Attribute(ByteBuffer& out, int field, std::string_view key, std::string_view value);
void Attribute(ByteBuffer& out, int field, std::string_view key, std::int64_t value);
void Attribute(ByteBuffer& out, int field, std::string_view key, double value);
void Attribute(ByteBuffer& out, int field, std::string_view key, bool value);
// A list of one string.
void ListAttribute(ByteBuffer& out, int field, std::string_view key, std::string_view value);

}  // namespace wayleave::trace::wire
