#include "auth-service/identity/account.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

namespace wayleave::auth {
namespace {

using google::protobuf::util::MessageDifferencer;

bool Restricts(const v1::Policy& policy) {
  return !policy.models().empty() || !policy.providers().empty() || !policy.regions().empty() ||
         !policy.endpoints().empty() || !policy.addresses().empty();
}

// Only somebody's hands can have put others into the database.
v1::Terms Sensible(const v1::Terms& terms) {
  const Status checked = CheckTerms(terms);
  if (checked) return terms;
  v1::Terms none;
  none.add_endpoints("none: " + checked.error().message);
  return none;
}

}  // namespace

void AddTerms(const v1::Terms& given, Account& account) {
  const v1::Terms terms = Sensible(given);
  if (!terms.timezone().empty()) account.zone = Zone::Load(terms.timezone());
  account.terms = Tightest(account.terms, terms);
  if (Restricts(PolicyOf(terms))) account.policies.push_back(PolicyOf(terms));
  if (!terms.hours().empty() || !terms.days().empty()) account.hours.emplace_back(terms, account.zone);
}

bool Same(const Account& a, const Account& b) {
  return a.suspended == b.suspended && a.because == b.because && a.content_key == b.content_key &&
         MessageDifferencer::Equals(a.terms, b.terms) &&
         std::equal(a.policies.begin(), a.policies.end(), b.policies.begin(), b.policies.end(),
                    [](const v1::Policy& x, const v1::Policy& y) { return MessageDifferencer::Equals(x, y); }) &&
         std::equal(a.hours.begin(), a.hours.end(), b.hours.begin(), b.hours.end(),
                    [](const OpeningHours& x, const OpeningHours& y) { return x.Words() == y.Words(); });
}

std::vector<const Account*> Accounted::all() const {
  std::vector<const Account*> accounts;
  for (const Account* account : {tenant, user, key}) {
    if (account) accounts.push_back(account);
  }
  return accounts;
}

}  // namespace wayleave::auth
