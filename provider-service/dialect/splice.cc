#include "provider-service/dialect/splice.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <simdjson.h>

namespace wayleave::provider {
namespace {

constexpr std::string_view kAskForUsage = R"({"include_usage":true})";

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The raw value of the top-level stream_options, as a part of the body; nothing if there is none.
std::optional<std::string_view> FindStreamOptions(std::string_view body) {
  if (body.find("\"stream_options\"") == std::string_view::npos) return std::nullopt;
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::value value;
  if (parser.iterate(padded).get(document) || document["stream_options"].get(value)) return std::nullopt;
  std::string_view raw = value.raw_json_token();
  simdjson::ondemand::object object;
  if (raw.starts_with('{') && (value.get_object().get(object) || object.raw_json().get(raw))) return std::nullopt;
  while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t')) {
    raw.remove_suffix(1);
  }
  return body.substr(raw.data() - padded.data(), raw.size());
}

std::string AskingForUsage(std::string_view stream_options) {
  auto options = nlohmann::ordered_json::parse(stream_options, nullptr, false);
  if (!options.is_object()) return std::string(kAskForUsage);
  options["include_usage"] = true;
  return options.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SplicedBody Apply(std::string_view body, Edit first, std::optional<Edit> second = std::nullopt) {
  if (second && second->offset < first.offset) std::swap(first, *second);
  SplicedBody spliced;
  spliced.Keep(body.substr(0, first.offset));
  spliced.Add(std::move(first.text));
  std::size_t rest = first.offset + first.length;
  if (second) {
    spliced.Keep(body.substr(rest, second->offset - rest));
    spliced.Add(std::move(second->text));
    rest = second->offset + second->length;
  }
  spliced.Keep(body.substr(rest));
  return spliced;
}

bool IsEmptyObject(std::string_view body, std::size_t from) {
  const std::size_t next = body.find_first_not_of(" \t\r\n", from);
  return next != std::string_view::npos && body[next] == '}';
}

// A body without a model gets one in front of everything.
Edit ModelEdit(std::string_view body, ModelRange range, std::string_view model, std::string_view more) {
  if (range.length != 0) return {range.offset, range.length, Quoted(model).append(more)};
  const std::size_t begin = body.find('{') + 1;
  std::string text = "\"model\":" + Quoted(model).append(more);
  if (!IsEmptyObject(body, begin)) text += ',';
  return {begin, 0, std::move(text)};
}

}  // namespace

std::size_t SplicedBody::size() const {
  std::size_t size = 0;
  for (const auto piece : pieces_) size += piece.size();
  return size;
}

std::string SplicedBody::Joined() const {
  std::string body;
  body.reserve(size());
  for (const auto piece : pieces_) body += piece;
  return body;
}

void SplicedBody::Keep(std::string_view original) {
  if (!original.empty()) pieces_.push_back(original);
}

void SplicedBody::Add(std::string text) {
  if (!text.empty()) pieces_.push_back(added_.emplace_back(std::move(text)));
}

SplicedBody WithModel(std::string_view body, ModelRange range, std::string_view model, std::optional<Edit> more) {
  return Apply(body, ModelEdit(body, range, model, ""), std::move(more));
}

SplicedBody WithModelAndUsage(std::string_view body, ModelRange range, std::string_view model) {
  const auto options = FindStreamOptions(body);
  if (!options) {
    return Apply(body, ModelEdit(body, range, model, std::string(",\"stream_options\":").append(kAskForUsage)));
  }
  const std::size_t offset = options->data() - body.data();
  return Apply(body, ModelEdit(body, range, model, ""), Edit{offset, options->size(), AskingForUsage(*options)});
}

}  // namespace wayleave::provider
