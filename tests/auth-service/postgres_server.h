#pragma once

#include <fcntl.h>
#include <glob.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace wayleave::auth {

// A PostgreSQL server of the tests' own, in a directory and behind a unix socket that go away with it. One for a test
// program, started by whoever asks first; throws, so that the test fails, where PostgreSQL is missing or does not
// start. It does not wait for the disk: what is on it after a loss of power is PostgreSQL's promise, not ours.
//
// Main thread, but for NewDatabase() and Run(), which may be called on any.
class PostgresServer {
 public:
  static PostgresServer& Get() {
    static PostgresServer server;
    return server;
  }

  // The URL of an empty database.
  std::string NewDatabase() {
    const std::string name = "test" + std::to_string(++databases_);
    Run("postgres", "CREATE DATABASE " + name + " TEMPLATE template0 STRATEGY file_copy");
    return UrlOf(name);
  }

  // Ends every connection to the database of that URL, as an administrator or a failover does.
  void CutConnections(const std::string& url) {
    const std::string name = url.substr(url.find("///") + 3, url.find('?') - url.find("///") - 3);
    Run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  }

  // What a statement's first field is; empty if there is none.
  std::string Run(const std::string& database, const std::string& sql) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> to(PQconnectdb(UrlOf(database).c_str()), PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(to.get(), sql.c_str()), PQclear);
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(to.get()));
    return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
  }

  ~PostgresServer() {
    if (pid_ > 0) {
      kill(pid_, SIGQUIT);  // nothing of it is to be kept
      waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

 private:
  PostgresServer() {
    std::string pattern = Place() + "wayleave-pgXXXXXX";
    directory_ = mkdtemp(pattern.data());
    if (const passwd* other = Other(); other && chown(directory_.c_str(), other->pw_uid, other->pw_gid) != 0) {
      throw std::runtime_error("can't give the directory of the test's PostgreSQL to another user");
    }
    const std::string programs = Programs(), data = directory_ + "/data";
    const pid_t made = Start(
        {programs + "/initdb", "-D", data, "-U", "wayleave", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"});
    int status = 0;
    if (waitpid(made, &status, 0) != made || status != 0) throw std::runtime_error("initdb failed: " + Log());
    pid_ = Start({programs + "/postgres", "-D", data, "-k", directory_, "-c", "listen_addresses=", "-c", "fsync=off",
                  "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "max_wal_senders=0", "-c",
                  "wal_level=minimal"});
    AwaitReady();
  }

  std::string UrlOf(const std::string& database) const {
    return "postgresql:///" + database + "?host=" + directory_ + "&user=wayleave";
  }

  // In memory where there is enough: each database is eight megabytes of small files.
  static std::string Place() {
    constexpr const char* kMemory = "/dev/shm";
    std::error_code error;
    const auto space = std::filesystem::space(kMemory, error);
    const bool enough = !error && space.available > std::uintmax_t{4} << 30 && access(kMemory, W_OK) == 0;
    return enough ? std::string(kMemory) + "/" : testing::TempDir();
  }

  // PostgreSQL refuses to run as root.
  static const passwd* Other() {
    if (geteuid() != 0) return nullptr;
    const passwd* user = getpwnam("postgres");
    if (!user) user = getpwnam("nobody");
    if (!user) throw std::runtime_error("root can't run PostgreSQL, and there is no user `postgres` or `nobody`");
    return user;
  }

  static std::string Programs() {
    glob_t found;
    std::string newest;
    for (const char* pattern : {"/usr/lib/postgresql/*/bin/postgres", "/usr/local/pgsql/bin/postgres"}) {
      if (glob(pattern, 0, nullptr, &found) != 0) continue;
      if (newest.empty()) newest = found.gl_pathv[found.gl_pathc - 1];
      globfree(&found);
    }
    if (newest.empty()) {
      throw std::runtime_error("These tests need PostgreSQL's server: install the package `postgresql`.");
    }
    return newest.substr(0, newest.rfind('/'));
  }

  // Another process, which ends when this one does.
  pid_t Start(std::vector<std::string> words) const {
    const passwd* other = Other();
    const std::string log = directory_ + "/log";
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    const bool changed = !other || (setgid(other->pw_gid) == 0 && setuid(other->pw_uid) == 0);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (!changed || out < 0 || chdir(directory_.c_str()) != 0) _exit(126);
    dup2(out, 1);
    dup2(out, 2);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    execv(arguments[0], arguments.data());
    _exit(127);
  }

  void AwaitReady() const {
    const std::string url = UrlOf("postgres");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (PQping(url.c_str()) != PQPING_OK) {
      const bool gone = waitpid(pid_, nullptr, WNOHANG) == pid_;
      if (gone || std::chrono::steady_clock::now() > end)
        throw std::runtime_error("PostgreSQL did not start: " + Log());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between questions; its answer decides
    }
  }

  std::string Log() const {
    std::ostringstream text;
    text << std::ifstream(directory_ + "/log").rdbuf();
    return text.str();
  }

  std::string directory_;
  pid_t pid_ = 0;
  std::atomic<int> databases_{0};
};

}  // namespace wayleave::auth
