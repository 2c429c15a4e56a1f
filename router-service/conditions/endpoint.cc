#include "router-service/conditions/endpoints.h"

#include <algorithm>

#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"

namespace wayleave::router {
namespace {

using provider::v1::Endpoint;

struct Named {
  const char* name;
  Endpoint endpoint;
};
constexpr Named kEndpoints[] = {{"responses", provider::v1::ENDPOINT_RESPONSES},
                                {"chat", provider::v1::ENDPOINT_CHAT_COMPLETIONS},
                                {"messages", provider::v1::ENDPOINT_MESSAGES},
                                {"count_tokens", provider::v1::ENDPOINT_COUNT_TOKENS},
                                {"embeddings", provider::v1::ENDPOINT_EMBEDDINGS}};

std::string NameOf(Endpoint endpoint) {
  for (const Named& named : kEndpoints) {
    if (named.endpoint == endpoint) return named.name;
  }
  return "unknown";
}

class EndpointCondition final : public Condition {
 public:
  explicit EndpointCondition(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)) {}

  bool Holds(const Inquiry& inquiry) const override {
    return std::find(endpoints_.begin(), endpoints_.end(), inquiry.request().endpoint()) != endpoints_.end();
  }
  std::vector<Mark> Marks() const override {
    std::vector<Mark> marks;
    for (const Endpoint endpoint : endpoints_) marks.push_back(MarkOf("endpoint", provider::v1::Endpoint_Name(endpoint)));
    return marks;
  }
  std::string Wants() const override {
    std::string words;
    for (const Endpoint endpoint : endpoints_) words += (words.empty() ? "" : " or ") + NameOf(endpoint);
    return "the endpoint " + words;
  }
  std::string Found(const Inquiry& inquiry) const override { return "it is " + NameOf(inquiry.request().endpoint()); }

 private:
  const std::vector<Endpoint> endpoints_;
};

}  // namespace

std::vector<Endpoint> ReadEndpoints(config::Section& section, const char* key) {
  std::vector<std::string> names;
  section.Read(key, names);
  std::vector<Endpoint> endpoints;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* found = std::find_if(std::begin(kEndpoints), std::end(kEndpoints),
                                     [&](const Named& named) { return names[i] == named.name; });
    if (found == std::end(kEndpoints)) {
      section.Fail(key, i, "must be one of: responses, chat, messages, count_tokens, embeddings");
    }
    endpoints.push_back(found->endpoint);
  }
  if (endpoints.empty()) section.Fail(key, "needs one of: responses, chat, messages, count_tokens, embeddings");
  return endpoints;
}

// `endpoint: responses`, or a list.
std::shared_ptr<const Condition> ReadEndpoint(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("endpoint")) return nullptr;
  return std::make_shared<EndpointCondition>(ReadEndpoints(when, "endpoint"));
}

}  // namespace wayleave::router
