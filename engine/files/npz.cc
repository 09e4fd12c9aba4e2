#include "engine/files/npz.h"

#include <algorithm>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/files/zip.h"

namespace engine {

namespace {

constexpr const char* suffix = ".npy";

}

Npz Npz::read(const std::filesystem::path& path, uint64_t max_bytes) {
  Npz npz = open(path, max_bytes);
  npz.unpack(npz.names());
  npz.archive_.reset();
  return npz;
}

Npz Npz::open(const std::filesystem::path& path, uint64_t max_bytes) {
  Npz npz;
  npz.path_ = path;
  npz.archive_ = std::make_shared<const ZipArchive>(path, max_bytes);
  for (const ZipArchive::Member& packed : npz.archive_->members()) {
    Member member;
    member.name = packed.name.ends_with(suffix) ? packed.name.substr(0, packed.name.size() - 4) : packed.name;
    if (npz.contains(member.name))
      throw std::runtime_error("cannot read " + in_quotes(path) + ": it holds two arrays " +
                               in_quotes(member.name));
    const std::string beginning = npz.archive_->beginning(packed, npy_beginning);
    try {
      member.shape =
          parse_npy_shape(beginning, packed.bytes, in_quotes(path) + ", member " + in_quotes(member.name));
    } catch (const std::runtime_error& error) {
      member.refusal = error.what();
      member.shape_of_words = parse_npy_words_shape(beginning, packed.bytes);
    }
    npz.members_.push_back(std::move(member));
  }
  return npz;
}

void Npz::unpack(const std::vector<std::string>& names) {
  for (size_t i = 0; i < members_.size(); ++i)
    if (std::ranges::find(names, members_[i].name) != names.end()) unpack(i);
}

void Npz::unpack(size_t i) {
  Member& member = members_[i];
  const ZipArchive::Member& packed = archive_->members()[i];
  std::vector<std::byte> bytes(packed.bytes);
  const std::span<char> all(reinterpret_cast<char*>(bytes.data()), bytes.size());
  archive_->unpack(packed, all);
  if (member.refusal.empty())
    member.array = parse_npy(std::move(bytes), in_quotes(path_) + ", member " + in_quotes(member.name));
  else
    member.words = parse_npy_words({all.data(), all.size()});
}

const Npz::Member* Npz::find(const std::string& name) const {
  const auto found = std::ranges::find(members_, name, &Member::name);
  return found == members_.end() ? nullptr : &*found;
}

bool Npz::contains(const std::string& name) const { return find(name) != nullptr; }

const Npz::Member& Npz::need(const std::string& name) const {
  const Member* member = find(name);
  if (member == nullptr)
    throw std::runtime_error(in_quotes(path_) + " has no array " + in_quotes(name) + "; it holds " +
                             (members_.empty() ? "no arrays" : in_quotes(names())));
  return *member;
}

const NdArray& Npz::at(const std::string& name) const {
  const Member& member = need(name);
  if (!member.refusal.empty()) throw std::runtime_error(member.refusal);
  return member.array;
}

std::vector<int64_t> Npz::shape(const std::string& name) const {
  const Member& member = need(name);
  if (member.shape_of_words) return *member.shape_of_words;
  if (!member.refusal.empty()) throw std::runtime_error(member.refusal);
  return member.shape;
}

std::optional<NpyWords> Npz::words(const std::string& name) const {
  const Member* member = find(name);
  return member ? member->words : std::nullopt;
}

std::vector<std::string> Npz::names() const {
  std::vector<std::string> names;
  for (const Member& member : members_) names.push_back(member.name);
  return names;
}

void write_npz(const std::filesystem::path& path,
               const std::vector<std::pair<std::string, NdArray>>& arrays) {
  ZipWriter zip(path);
  for (const auto& [name, array] : arrays) zip.add(name + suffix, npy_bytes(array));
  zip.commit();
}

}  // namespace engine
