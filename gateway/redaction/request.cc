#include "gateway/redaction/request.h"

#include <utility>

#include "gateway/redaction/assignment.h"
#include "gateway/redaction/json_text.h"
#include "gateway/redaction/json_values.h"
#include "gateway/redaction/patterns.h"

namespace wayleave::gateway {
namespace {

// A stretch of the body and what was found there.
struct Find {
  std::size_t begin, end;
  Kind kind;
  std::string value;
};

// Collects what is to be replaced in one body, from left to right.
class Finder {
 public:
  Finder(std::string_view body, const CompiledPolicy& policy)
      : body_(body), policy_(policy), prefilter_(body, policy) {}

  // False if the body is no JSON.
  bool ReadJson() {
    JsonValues values(body_);
    JsonValue value;
    while (values.Next(value)) {
      if (!value.sealed) ReadValue(value, values.Inside(value));
    }
    return !values.broken();
  }

  void ReadText() {
    finds_.clear();
    FindMatches(body_, policy_, matches_);
    for (const Match& match : matches_) {
      finds_.push_back({match.offset, match.end(), match.kind, std::string(body_.substr(match.offset, match.length))});
    }
  }

  std::vector<Find>& finds() { return finds_; }

 private:
  void ReadValue(const JsonValue& value, std::string_view inside) {
    const std::size_t begin = value.token.begin + 1;
    const bool secret_member = policy_.policy().secrets && value.free && !value.name.empty();
    if (!secret_member && !prefilter_.MayMatch(begin, begin + inside.size())) return;
    if (IsFile(value.name, inside)) return;
    std::string_view text = inside;
    if (inside.find('\\') != std::string_view::npos) {
      DecodeJson(inside, decoded_);
      text = decoded_;
    }
    FindMatches(text, policy_, matches_);
    if (secret_member && IsSecretMember(value.name, text)) matches_ = {{0, text.size(), Kind::kSecret}};
    Keep(inside, text, begin, value.holds_json);
  }

  void Keep(std::string_view inside, std::string_view text, std::size_t offset, bool holds_json) {
    RawPlaces places(inside);
    for (const Match& match : matches_) {
      const bool plain = text.data() == inside.data();
      const std::size_t begin = plain ? match.offset : places.Of(match.offset);
      const std::size_t end = plain ? match.end() : places.Of(match.end());
      finds_.push_back(
          {offset + begin, offset + end, match.kind, Meant(text.substr(match.offset, match.length), holds_json)});
    }
  }

  // What was found, without the escapes of the JSON that the text is.
  static std::string Meant(std::string_view found, bool holds_json) {
    std::string meant(found);
    if (holds_json && found.find('\\') != std::string_view::npos) DecodeJson(found, meant);
    return meant;
  }

  const std::string_view body_;
  const CompiledPolicy& policy_;
  Prefilter prefilter_;
  std::string decoded_;
  Matches matches_;
  std::vector<Find> finds_;
};

std::vector<std::string> Labels(const CompiledPolicy& policy) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < policy.kinds(); ++i) labels.push_back(policy.Label(static_cast<Kind>(i)));
  return labels;
}

// The body with placeholders. What stands behind an edit moves by as much as it grew.
Redacted Rewrite(std::string_view body, ModelPlace model, const CompiledPolicy& policy, std::vector<Find>& finds) {
  Redacted out;
  out.model_offset = model.offset;
  out.model_length = model.length;
  out.counts.resize(policy.kinds());
  // Without restoring, what looks like a placeholder is one, from an earlier turn.
  out.placeholders = Placeholders(Labels(policy), body, policy.policy().restore);
  out.body.reserve(body.size() + 64);  // for simdjson, which reads beyond the end
  std::size_t at = 0;
  for (const Find& find : finds) {
    const std::string& placeholder = out.placeholders.For(find.kind, find.value);
    out.body.append(body, at, find.begin - at).append(placeholder);
    at = find.end;
    if (find.end <= model.offset) out.model_offset = out.body.size() + (model.offset - at);
    ++out.counts[static_cast<std::size_t>(find.kind)];
  }
  out.body.append(body, at);
  return out;
}

Redacted Unchanged(std::string body, ModelPlace model, const CompiledPolicy& policy) {
  return {std::move(body), model.offset, model.length, {}, std::vector<std::size_t>(policy.kinds())};
}

}  // namespace

Redacted Redact(std::string body, ModelPlace model, const CompiledPolicy& policy) {
  if (!Prefilter(body, policy).MayMatch(0, body.size())) return Unchanged(std::move(body), model, policy);
  Finder finder(body, policy);
  if (!finder.ReadJson()) finder.ReadText();
  if (finder.finds().empty()) return Unchanged(std::move(body), model, policy);
  return Rewrite(body, model, policy, finder.finds());
}

Redacted RedactText(std::string text, const CompiledPolicy& policy) {
  Finder finder(text, policy);
  finder.ReadText();
  if (finder.finds().empty()) return Unchanged(std::move(text), {}, policy);
  return Rewrite(text, {}, policy, finder.finds());
}

}  // namespace wayleave::gateway
