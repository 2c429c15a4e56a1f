#include "provider-service/dialect/splice.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "provider-service/dialect/members.h"

namespace wayleave::provider {
namespace {

constexpr std::string_view kAskForUsage = R"({"include_usage":true})";

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string AskingForUsage(std::string_view stream_options) {
  auto options = nlohmann::ordered_json::parse(stream_options, nullptr, false);
  if (!options.is_object()) return std::string(kAskForUsage);
  options["include_usage"] = true;
  return options.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SplicedBody Apply(std::string_view body, std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  SplicedBody spliced;
  std::size_t rest = 0;
  for (Edit& edit : edits) {
    if (edit.offset < rest) continue;
    spliced.Keep(body.substr(rest, edit.offset - rest));
    spliced.Add(std::move(edit.text));
    rest = edit.offset + edit.length;
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

SplicedBody WithChanges(std::string_view body, BodyChanges changes) {
  const std::size_t begin = body.find('{') + 1;
  std::string added = changes.added.empty() ? "" : changes.added.substr(1);
  if (!added.empty() && !IsEmptyObject(body, begin)) added += ',';
  changes.replaced.push_back({begin, 0, std::move(added)});
  return Apply(body, std::move(changes.replaced));
}

SplicedBody WithModel(std::string_view body, ModelRange range, std::string_view model, BodyChanges changes) {
  changes.replaced.push_back(ModelEdit(body, range, model, changes.added));
  return Apply(body, std::move(changes.replaced));
}

SplicedBody WithModelAndUsage(std::string_view body, ModelRange range, std::string_view model, BodyChanges changes) {
  const bool may_have = body.find("\"stream_options\"") != std::string_view::npos;
  const auto options = may_have ? FindMembers(body, {"stream_options"}) : std::vector<MemberPlace>();
  for (const MemberPlace& place : options) {
    changes.replaced.push_back({place.offset, place.length, AskingForUsage(place.In(body))});
  }
  if (options.empty()) changes.added += std::string(",\"stream_options\":").append(kAskForUsage);
  return WithModel(body, range, model, std::move(changes));
}

}  // namespace wayleave::provider
