#include "deploy/facts.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cctype>
#include <regex>

#include "base/config/scalar.h"

namespace wayleave::deploy {
namespace {

using router::v1::RouteRequest;

constexpr char kPrefix[] = "ENDPOINT_";

Error Wrong(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<std::string> SplitCommas(const std::vector<std::string>& lists) {
  std::vector<std::string> words;
  for (const std::string& list : lists) {
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t comma = std::min(list.find(',', at), list.size());
      words.push_back(list.substr(at, comma - at));
      at = comma + 1;
    }
  }
  return words;
}

Status ReadEndpoint(const std::string& word, RouteRequest& into) {
  for (int number = 1; provider::v1::Endpoint_IsValid(number); ++number) {
    const auto endpoint = static_cast<provider::v1::Endpoint>(number);
    if (WordFor(endpoint) != word) continue;
    into.set_endpoint(endpoint);
    return {};
  }
  return Wrong("--endpoint: must be responses, chat_completions, messages, count_tokens or embeddings");
}

Status ReadTime(const std::string& text, RouteRequest& into) {
  if (text.empty()) return {};
  static const std::regex kNoSeconds("(.*T[0-9]{2}:[0-9]{2})([Z+-].*)");
  const std::string whole = std::regex_replace(text, kNoSeconds, "$1:00$2");
  if (google::protobuf::util::TimeUtil::FromString(whole, into.mutable_at())) return {};
  return Wrong("--at: must be a time with its offset, like 2026-11-20T23:00:00+09:00 or 2026-11-20T14:00Z");
}

Status ReadNeeds(const std::vector<std::string>& lists, router::v1::Needs& into) {
  for (const std::string& word : SplitCommas(lists)) {
    if (word == "tools") {
      into.set_tools(true);
    } else if (word == "images") {
      into.set_images(true);
    } else if (word == "reasoning") {
      into.set_reasoning(true);
    } else {
      return Wrong("--needs: must be tools, images or reasoning");
    }
  }
  return {};
}

Status ReadBudget(const std::string& text, auth::v1::Principal& into) {
  if (text.empty()) return {};
  const bool percent = text.ends_with('%');
  const auto number = config::ParseNumber(percent ? text.substr(0, text.size() - 1) : text);
  if (!number || !percent || *number < 0 || *number > 100) return Wrong("--budget-left: must be like 15%");
  into.set_budget_left(*number / 100);
  return {};
}

Status ReadPrincipal(const Description& description, auth::v1::Principal& into) {
  into.set_tenant(description.tenant);
  into.set_user(description.user);
  for (const std::string& role : SplitCommas(description.roles)) into.add_roles(role);
  const auto labels = ReadPairs(description.labels, "--key");
  if (!labels) return labels.error();
  into.mutable_labels()->insert(labels->begin(), labels->end());
  return ReadBudget(description.budget_left, into);
}

}  // namespace

std::string WordFor(provider::v1::Endpoint endpoint) {
  return Lower(provider::v1::Endpoint_Name(endpoint).substr(sizeof kPrefix - 1));
}

Result<std::map<std::string, std::string>> ReadPairs(const std::vector<std::string>& pairs, const char* argument) {
  std::map<std::string, std::string> map;
  for (const std::string& pair : pairs) {
    const std::size_t sign = pair.find('=');
    if (sign == 0 || sign == std::string::npos) return Wrong(std::string(argument) + ": must be written name=value");
    map[pair.substr(0, sign)] = pair.substr(sign + 1);
  }
  return map;
}

Result<RouteRequest> FactsOf(const Description& description) {
  RouteRequest facts;
  facts.set_model(description.model);
  facts.set_session(description.session);
  facts.set_input_tokens(description.input_tokens);
  facts.set_max_output_tokens(description.max_output_tokens);
  const auto headers = ReadPairs(description.headers, "--header");
  if (!headers) return headers.error();
  for (const auto& [name, value] : *headers) (*facts.mutable_headers())[Lower(name)] = value;
  if (Status read = ReadEndpoint(description.endpoint, facts); !read) return std::move(read).error();
  if (Status read = ReadTime(description.at, facts); !read) return std::move(read).error();
  if (Status read = ReadNeeds(description.needs, *facts.mutable_needs()); !read) return std::move(read).error();
  if (Status read = ReadPrincipal(description, *facts.mutable_principal()); !read) return std::move(read).error();
  return facts;
}

}  // namespace wayleave::deploy
