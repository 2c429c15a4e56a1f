#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "auth-service/audit/checkpoint_file.h"
#include "auth-service/audit/record.h"
#include "base/crypto/encoding.h"
#include "tests/auth-service/audit_support.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth::audit {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Stored chains must stay verifiable, so the form of what is hashed and signed may never change.
TEST(HashOf, IsWhatItAlwaysWas) {
  const crypto::Digest hash = HashOf("auth_3f9a01c2", 7, crypto::Sha256("before"), "{\"v\":1}");

  EXPECT_EQ(crypto::Hex(crypto::AsView(hash)), "e54b94f066c8b2ed28a143b349294879331b8b452fa5d157392fdadc4d29101c");
}

TEST(HashOf, TellsApartWhatHasTheSameBytesInARow) {
  EXPECT_NE(HashOf("ab", 1, {}, "c"), HashOf("a", 1, {}, "bc"));
  EXPECT_NE(HashOf("a", 1, {}, ""), HashOf("a", 256, {}, ""));
  EXPECT_NE(HashOf("a", 1, crypto::Sha256("x"), ""), HashOf("a", 1, {}, ""));
  EXPECT_NE(HashOf("a", 1, {}, std::string(1, '\0')), HashOf("a", 1, {}, ""));
}

TEST(Chain, NumbersFromOneAndBindsEachRecordToTheOneBefore) {
  Chain chain("auth_1");

  const Link first = chain.Append("one");
  const Link second = chain.Append("two");

  EXPECT_EQ(first, (Link{1, HashOf("auth_1", 1, {}, "one")}));
  EXPECT_EQ(second, (Link{2, HashOf("auth_1", 2, first.hash, "two")}));
  EXPECT_EQ(chain.last(), second);
}

TEST(Chain, GoesOnAfterARestartAndAfterACommitThatFailed) {
  Chain chain("auth_1");
  chain.Append("one");
  const Chain before = chain;
  const Link second = chain.Append("two");

  Chain resumed("auth_1", before.last());
  chain = before;

  EXPECT_EQ(resumed.Append("two"), second);
  EXPECT_EQ(chain.Append("two"), second);
}

class CheckpointTest : public testing::Test {
 protected:
  Checkpoint Make(std::int64_t sequence = 3) const {
    return SignCheckpoint("auth_1", {sequence, crypto::Sha256("x")}, 1'800'000'000'123'456'789, key_);
  }
  const crypto::SigningKey key_ = KeyOf('k');
};

TEST_F(CheckpointTest, IsSignedInAllItsParts) {
  const Checkpoint good = Make();
  std::vector<Checkpoint> changed(6, good);
  changed[0].chain = "auth_2";
  changed[1].sequence = 4;
  changed[2].hash[31] ^= 1;
  changed[3].at_nanos += 1;
  changed[4].pruned = true;
  changed[5].public_key = KeyOf('l').PublicKey();

  EXPECT_TRUE(HasGoodSignature(good));
  for (std::size_t i = 0; i < changed.size(); ++i) EXPECT_FALSE(HasGoodSignature(changed[i])) << i;
}

TEST_F(CheckpointTest, GoesToJsonAndBack) {
  const Checkpoint anchor = SignAnchor("auth_1", {9, crypto::Sha256("y")}, -1, key_);

  for (const Checkpoint& checkpoint : {Make(), anchor}) {
    const std::string line = ToJsonLine(checkpoint);
    const auto read = FromJsonLine(line, 1);

    EXPECT_EQ(line.find('\n'), std::string::npos);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, checkpoint);
    EXPECT_TRUE(HasGoodSignature(*read));
  }
}

TEST_F(CheckpointTest, IgnoresMembersThatAreUnknown) {
  std::string line = ToJsonLine(Make());
  line.insert(1, R"("later":{"a":[1,2]},)");

  const auto read = FromJsonLine(line, 1);

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, Make());
}

TEST_F(CheckpointTest, SaysWhichLineAndMemberIsWrong) {
  const std::string good = ToJsonLine(Make());
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string line = good;
    return line.replace(line.find(from), from.size(), to);
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "JSON"},
      {"[]", "JSON"},
      {"rubbish", "JSON"},
      {"{\"chain\":\"\xff\"}", "JSON"},
      {good.substr(0, good.size() - 1), "JSON"},
      {std::string(70'000, ' '), "64 KiB"},
      {std::string(60'000, '['), "JSON"},
      {with("\"chain\"", "\"chains\""), "chain"},
      {with("\"sequence\":3", "\"sequence\":0"), "sequence"},
      {with("\"sequence\":3", "\"sequence\":\"3\""), "sequence"},
      {with("\"sequence\":3", "\"sequence\":3.5"), "sequence"},
      {with("\"sequence\":3", "\"sequence\":9223372036854775808"), "sequence"},
      {with("\"hash\":\"", "\"hash\":\"0"), "hash"},
      {with("\"hash\":\"2", "\"hash\":\"g"), "hash"},
      {with("\"at_nanos\":1800000000123456789", "\"at_nanos\":true"), "at_nanos"},
      {with("\"public_key\":\"", "\"public_key\":\"AAAA"), "public_key"},
      {with("\"signature\":\"", "\"pruned\":1,\"signature\":\""), "pruned"},
      {with("==\"}", "\"}"), "signature"},
  };
  for (const auto& [line, word] : cases) {
    const auto read = FromJsonLine(line, 42);

    ASSERT_THAT(read, HasCode(Code::kDataLoss)) << line.substr(0, 200);
    EXPECT_THAT(read.error().message, AllOf(HasSubstr("line 42 "), HasSubstr(word)));
  }
}

class CheckpointFileTest : public CheckpointTest {
 protected:
  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void Write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  const TempDirectory directory_;
  const std::string path_ = directory_ / "audit-checkpoints.jsonl";
  const CheckpointFile file_{path_};
};

TEST_F(CheckpointFileTest, KeepsWhatIsAppendedForItsOwnerAlone) {
  ASSERT_THAT(file_.Append(Make(1)), IsOk());
  ASSERT_THAT(file_.Append(Make(2)), IsOk());

  const auto read = CheckpointFile(path_).Read();

  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->checkpoints, ElementsAre(Make(1), Make(2)));
  EXPECT_EQ(read->problem_count, 0);
  EXPECT_FALSE(read->torn);
  struct stat facts;
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(CheckpointFileTest, SurvivesALineThatIsTornAnywhere) {
  const std::string whole = ToJsonLine(Make(1)) + "\n";
  const std::string torn = ToJsonLine(Make(2));

  for (std::size_t length = 0; length <= torn.size(); ++length) {
    const bool complete = length == torn.size();
    Write(whole + torn.substr(0, length));

    const auto before = file_.Read();
    ASSERT_THAT(file_.Append(Make(3)), IsOk());
    const auto after = file_.Read();

    ASSERT_TRUE(before.ok() && after.ok());
    EXPECT_EQ(before->torn, length > 0 && !complete) << length;
    EXPECT_EQ(before->checkpoints.size(), complete ? 2u : 1u) << length;
    EXPECT_EQ(after->checkpoints.size(), complete ? 3u : 2u) << length;
    EXPECT_EQ(after->checkpoints.back(), Make(3));
    EXPECT_EQ(before->problem_count + after->problem_count, 0) << length;
    EXPECT_FALSE(after->torn) << length;
  }
}

TEST_F(CheckpointFileTest, RemovesWhatAFileSystemLeftAsZeros) {
  Write(ToJsonLine(Make(1)) + "\n" + std::string(300, '\0'));

  ASSERT_THAT(file_.Append(Make(2)), IsOk());

  EXPECT_EQ(Bytes(), ToJsonLine(Make(1)) + "\n" + ToJsonLine(Make(2)) + "\n");
}

TEST_F(CheckpointFileTest, NeverCutsWhatIsNotItsOwn) {
  for (const std::string& foreign : {std::string("somebody's notes"), std::string(100'000, 'x')}) {
    Write(foreign);

    ASSERT_THAT(file_.Append(Make(1)), IsOk());

    EXPECT_EQ(Bytes(), foreign + "\n" + ToJsonLine(Make(1)) + "\n");
  }
}

TEST_F(CheckpointFileTest, NamesLinesThatAreRubbishAndReadsTheRest) {
  Write(ToJsonLine(Make(1)) + "\nrubbish\n" + ToJsonLine(Make(2)) + "\n\n");

  const auto read = file_.Read();

  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->checkpoints, ElementsAre(Make(1), Make(2)));
  EXPECT_THAT(read->problems, ElementsAre(HasSubstr("line 2 "), HasSubstr("line 4 ")));
}

TEST_F(CheckpointFileTest, CountsMoreRubbishThanItKeeps) {
  std::string rubbish;
  for (int i = 0; i < 1500; ++i) rubbish += "x\n";
  Write(rubbish);

  const auto read = file_.Read();

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->problems.size(), 1000u);
  EXPECT_EQ(read->problem_count, 1500);
}

TEST_F(CheckpointFileTest, TakesLinesFromSeveralThreadsWhole) {
  std::vector<std::thread> threads;

  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 1; i <= 10; ++i) EXPECT_THAT(CheckpointFile(path_).Append(Make(10 * t + i)), IsOk());
    });
  }
  for (auto& thread : threads) thread.join();

  const auto read = file_.Read();
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->checkpoints.size(), 40u);
  EXPECT_EQ(read->problem_count, 0);
}

TEST_F(CheckpointFileTest, SaysWhenThereIsNoneOrItIsNoFile) {
  EXPECT_THAT(file_.Read(), HasCode(Code::kNotFound));
  EXPECT_THAT(CheckpointFile(directory_.path()).Read(), HasCode(Code::kFailedPrecondition));
  EXPECT_FALSE(CheckpointFile(directory_.path()).Append(Make()).ok());
  EXPECT_FALSE(CheckpointFile(directory_ / "no/file").Append(Make()).ok());
}

AuditEvent Event() {
  AuditEvent event;
  event.at_nanos = 1'800'000'000'123'456'789;
  event.kind = "admin";
  event.actor = "cli:root";
  event.action = "key.create";
  event.tenant = "research";
  event.subject = "key_3f9a01c2";
  event.details = {{"name", "laptop"}, {"roles", "intern"}};
  return event;
}

TEST(AuditEvent, IsOneLineThatDescribesItself) {
  EXPECT_EQ(ToBody(Event()),
            R"({"v":1,"at_nanos":1800000000123456789,"kind":"admin","actor":"cli:root","action":"key.create",)"
            R"("tenant":"research","subject":"key_3f9a01c2","details":{"name":"laptop","roles":"intern"}})");
}

TEST(AuditEvent, ComesBackAsItWas) {
  AuditEvent odd = Event();
  odd.subject = std::string("a\nb\x1b[31m\0c\x7f", 11) + "\u202e\u2028ä😀\"\\";
  odd.details = {{"", ""}, {"k\n", "v\t"}};

  for (const AuditEvent& event : {Event(), odd, AuditEvent()}) {
    const auto read = FromBody(ToBody(event));

    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, event);
  }
}

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

TEST(AuditEvent, MakesAnyBytesSafe) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    AuditEvent event = Event();
    const auto bytes = [&random] {
      std::string text(random() % 40, '\0');
      for (char& c : text) c = static_cast<char>(random());
      return text;
    };
    event.actor = bytes();
    event.details[bytes()] = bytes();

    const std::string body = ToBody(event);
    const auto read = FromBody(body);

    EXPECT_TRUE(IsPrintable(body)) << body;
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(ToBody(*read), body);
  }
}

TEST(AuditEvent, CutsLongDetailsAndKeepsShortOnes) {
  AuditEvent event = Event();
  event.details["long"] = std::string(100'000, 'x');

  const std::string body = ToBody(event);
  const auto read = FromBody(body);

  EXPECT_LE(body.size(), kMaxBodyBytes);
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(read->cut);
  EXPECT_EQ(read->details.at("name"), "laptop");
  EXPECT_EQ(read->details.at("long"), std::string(4096, 'x') + "…");
}

TEST(AuditEvent, LeavesOutDetailsWhereThereAreTooMany) {
  AuditEvent event = Event();
  for (int i = 0; i < 5000; ++i) event.details["detail " + std::to_string(i)] = std::string(50, '\x01');

  const std::string body = ToBody(event);
  const auto read = FromBody(body);

  EXPECT_LE(body.size(), kMaxBodyBytes);
  EXPECT_GT(body.size(), kMaxBodyBytes - 500);
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(read->cut);
}

TEST(AuditEvent, IsBoundedWhateverItsPartsAre) {
  AuditEvent event;
  event.kind = event.actor = event.action = event.tenant = event.subject = std::string(10'000, '\x01');
  event.details[std::string(20'000, '\x02')] = std::string(20'000, '\xff');

  const std::string body = ToBody(event);

  EXPECT_LE(body.size(), kMaxBodyBytes);
  ASSERT_THAT(FromBody(body), IsOk());
  EXPECT_EQ(FromBody(body)->actor, std::string(256, '\x01') + "…");
}

TEST(AuditEvent, CutsBetweenCharacters) {
  AuditEvent event = Event();
  event.subject = "x";
  for (int i = 0; i < 200; ++i) event.subject += "ä";

  const auto read = FromBody(ToBody(event));

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->subject.find("\xef\xbf\xbd"), std::string::npos);
  EXPECT_EQ(read->subject.size(), 255u + 3u);
}

TEST(AuditEvent, RefusesABodyThatIsNone) {
  const std::string body = ToBody(Event());
  for (const char* member : {"at_nanos", "kind", "actor", "action", "tenant", "subject"}) {
    std::string other = body;
    other.replace(other.find(member), 2, "zz");
    EXPECT_THAT(FromBody(other), HasCode(Code::kDataLoss)) << member;
  }
  for (const std::string& other : {std::string(), std::string("[]"), body.substr(1), std::string("\xff")}) {
    EXPECT_THAT(FromBody(other), HasCode(Code::kDataLoss)) << other;
  }
}

}  // namespace
}  // namespace wayleave::auth::audit
