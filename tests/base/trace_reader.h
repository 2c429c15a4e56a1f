#pragma once

#include <google/protobuf/unknown_field_set.h>

#include <cstring>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace wayleave::testing {

// What a collector finds in an ExportTraceServiceRequest, read by protobuf's own parser, which knows the numbers of the
// fields from here only.

struct ReadSpan {
  std::string trace_id;
  std::string span_id;
  std::string parent_id;
  std::string state;
  std::string name;
  std::uint64_t kind = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t status = 0;
  std::uint32_t flags = 0;
  std::map<std::string, std::string> attributes;  // values as text
  std::vector<std::string> events;
};

struct ReadRequest {
  std::map<std::string, std::string> resource;
  std::string scope;
  std::vector<ReadSpan> spans;
};

class TraceReader {
 public:
  static ReadRequest Read(const std::string& bytes) {
    ReadRequest request;
    for (const Field& spans : Fields(bytes)) {
      for (const Field& field : Fields(spans.length_delimited())) {
        if (field.number() == 1) request.resource = Attributes(field.length_delimited(), 1);
        if (field.number() == 2) ReadScope(field.length_delimited(), request);
      }
    }
    return request;
  }

  static ReadSpan Span(const std::string& bytes) {
    ReadSpan span;
    span.attributes = Attributes(bytes, 9);
    for (const Field& field : Fields(bytes)) Take(field, span);
    return span;
  }

 private:
  using Field = google::protobuf::UnknownField;

  static std::vector<Field> Fields(const std::string& bytes) {
    static auto* const kept = new std::deque<google::protobuf::UnknownFieldSet>;  // fields point into their set
    if (!kept->emplace_back().ParseFromString(bytes)) throw std::runtime_error("this is no message");
    std::vector<Field> fields;
    for (int i = 0; i < kept->back().field_count(); ++i) fields.push_back(kept->back().field(i));
    return fields;
  }

  static void ReadScope(const std::string& bytes, ReadRequest& request) {
    for (const Field& field : Fields(bytes)) {
      if (field.number() == 1) request.scope = Fields(field.length_delimited()).at(0).length_delimited();
      if (field.number() == 2) request.spans.push_back(Span(field.length_delimited()));
    }
  }

  static void Take(const Field& field, ReadSpan& span) {
    switch (field.number()) {
      case 1:
        span.trace_id = field.length_delimited();
        break;
      case 2:
        span.span_id = field.length_delimited();
        break;
      case 3:
        span.state = field.length_delimited();
        break;
      case 4:
        span.parent_id = field.length_delimited();
        break;
      case 5:
        span.name = field.length_delimited();
        break;
      case 6:
        span.kind = field.varint();
        break;
      case 7:
        span.start = field.fixed64();
        break;
      case 8:
        span.end = field.fixed64();
        break;
      case 9:
        break;
      case 11:
        span.events.push_back(Fields(field.length_delimited()).at(1).length_delimited());
        break;
      case 15:
        span.status = Fields(field.length_delimited()).at(0).varint();
        break;
      case 16:
        span.flags = field.fixed32();
        break;
      default:
        throw std::runtime_error("a field that is not expected");
    }
  }

  static std::map<std::string, std::string> Attributes(const std::string& bytes, int number) {
    std::map<std::string, std::string> attributes;
    for (const Field& field : Fields(bytes)) {
      if (field.number() != number) continue;
      const auto pair = Fields(field.length_delimited());
      attributes[pair.at(0).length_delimited()] = Value(Fields(pair.at(1).length_delimited()).at(0));
    }
    return attributes;
  }

  static std::string Value(const Field& any) {
    switch (any.number()) {
      case 1:
        return any.length_delimited();
      case 2:
        return any.varint() ? "true" : "false";
      case 3:
        return std::to_string(static_cast<std::int64_t>(any.varint()));
      case 4:
        return Double(any.fixed64());
      case 5:
        return "[" + Value(Fields(Fields(any.length_delimited()).at(0).length_delimited()).at(0)) + "]";
      default:
        throw std::runtime_error("a value of a kind that is not expected");
    }
  }

  static std::string Double(std::uint64_t bits) {
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return std::to_string(value);
  }
};

}  // namespace wayleave::testing
