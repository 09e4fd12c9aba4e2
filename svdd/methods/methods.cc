#include <algorithm>
#include <stdexcept>

#include "engine/did_you_mean.h"
#include "engine/files/in_quotes.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/baselines/local_outlier_factor.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/baselines/pca_reconstruction.h"
#include "svdd/methods/autoencoder.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/methods/deep_svdd.h"
#include "svdd/methods/method.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/methods/multi_sphere.h"

namespace svdd {

const std::vector<Method>& methods() {
  static const std::vector<Method> all{deep_svdd_method(),
                                       multi_radius_method(),
                                       multi_sphere_method(),
                                       dasvdd_method(),
                                       autoencoder_method(),
                                       kernel_svdd_method(),
                                       kde_method(),
                                       isolation_forest_method(),
                                       k_nearest_neighbours_method(),
                                       local_outlier_factor_method(),
                                       mahalanobis_method(),
                                       pca_reconstruction_method()};
  return all;
}

const Method* find_method(std::string_view name) {
  const auto found = std::find_if(methods().begin(), methods().end(),
                                  [&](const Method& method) { return method.name == name; });
  return found == methods().end() ? nullptr : &*found;
}

std::string no_method(std::string_view name) {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return "there is no method " + engine::in_quotes(std::string(name)) + "; known are " + method_names() +
         engine::did_you_mean(name, names);
}

const Method& method_named(std::string_view name) {
  if (const Method* method = find_method(name)) return *method;
  throw std::invalid_argument(no_method(name));
}

std::string method_names() {
  std::string names;
  for (const Method& method : methods()) names += (names.empty() ? "" : ", ") + method.name;
  return names;
}

void Settings::set(const std::string& name, const std::string& value) {
  for (const Option& option : options()) {
    if (option.name != name) continue;
    try {
      return option.set(value);
    } catch (const BadValue& bad) {
      throw std::invalid_argument(name + ' ' + bad.what());
    }
  }
  std::string names;
  for (const Option& option : options()) names += (names.empty() ? "" : ", ") + option.name;
  throw std::invalid_argument("the method has no option " + engine::in_quotes(name) + "; it has " + names);
}

}  // namespace svdd
