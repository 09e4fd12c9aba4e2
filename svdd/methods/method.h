// A method in one place: each is one row of methods(), which its own file makes. Whatever must know the methods there
// are (commands, model folders, reports) goes over the rows.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "svdd/detector.h"
#include "svdd/methods/settings.h"
#include "svdd/recipes/data_traits.h"

namespace svdd {

struct ModelFolder;
enum class Recipe;  // methods/deep_options.h

// How a method's published runs deal with the training data.
enum class Protocol {
  all,             // it learns from all of them
  sixth_held_out,  // of batches, so with a network: a sixth is held out for validation; the spheres are reported with it
};

struct Method {
  std::string name;   // "multi-sphere": on command lines and in model.json
  std::string title;  // "Deep Multi-sphere SVDD": for people
  bool has_network = true;
  bool sees_distances = true;  // whether a value that is far from all others can move a score at will
  Protocol protocol = Protocol::all;
  // The published settings for such data (svdd/recipes/published.h), under a recipe where the method has two.
  Settings (*published)(const recipes::DataTraits& data, Recipe recipe);
  // What its save wrote; see load_detector.
  std::unique_ptr<Detector> (*load)(const ModelFolder& model, engine::Backend& backend);
};

// In the order in which they are listed.
const std::vector<Method>& methods();
// std::invalid_argument lists the names there are; find_method: null.
const Method& method_named(std::string_view name);
std::string no_method(std::string_view name);  // what is said where there is none
const Method* find_method(std::string_view name);
std::string method_names();  // "deep-svdd, multi-radius, ..."

}  // namespace svdd
