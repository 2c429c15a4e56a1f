#include "router-service/conditions/needs.h"

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"

namespace wayleave::router {
namespace {

std::string Words(const v1::Needs& needs) {
  std::string words;
  if (needs.tools()) words += ", tools";
  if (needs.images()) words += ", images";
  if (needs.reasoning()) words += ", reasoning";
  return words.empty() ? "nothing special" : words.substr(2);
}

class NeedsCondition final : public Condition {
 public:
  explicit NeedsCondition(v1::Needs needs) : needs_(std::move(needs)) {}

  bool Holds(const Inquiry& inquiry) const override {
    const v1::Needs& has = inquiry.request().needs();
    return (has.tools() || !needs_.tools()) && (has.images() || !needs_.images()) &&
           (has.reasoning() || !needs_.reasoning());
  }
  std::vector<Mark> Marks() const override {
    return {MarkOf("needs", needs_.images() ? "images" : needs_.reasoning() ? "reasoning" : "tools")};
  }
  std::string Wants() const override { return "a request that needs " + Words(needs_); }
  std::string Found(const Inquiry& inquiry) const override {
    return "this one needs " + Words(inquiry.request().needs());
  }

 private:
  const v1::Needs needs_;
};

}  // namespace

v1::Needs ReadNeedsList(config::Section& section, const char* key) {
  std::vector<std::string> names;
  section.Read(key, names);
  if (names.empty()) section.Fail(key, "needs at least one of: tools, images, reasoning");
  v1::Needs needs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool known = names[i] == "tools" || names[i] == "images" || names[i] == "reasoning";
    if (!known) section.Fail(key, i, "must be one of: tools, images, reasoning");
    if (names[i] == "tools") needs.set_tools(true);
    if (names[i] == "images") needs.set_images(true);
    if (names[i] == "reasoning") needs.set_reasoning(true);
  }
  return needs;
}

// `needs: [tools, images, reasoning]`: the request needs all of these.
std::shared_ptr<const Condition> ReadNeeds(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("needs")) return nullptr;
  return std::make_shared<NeedsCondition>(ReadNeedsList(when, "needs"));
}

}  // namespace wayleave::router
