/* The C interface of svdd: libsvdd.so. A program in C, or in any language that calls C, trains a detector on arrays in
 * memory, scores with it, and shares model folders with the `svdd` command; the same data, options and seed give the same bits.
 *
 *   svdd_detector *detector = NULL;
 *   if (svdd_create("deep-svdd", "{\"epochs\": 5}", &detector) != SVDD_OK) puts(svdd_last_error());
 *   const svdd_array x = {values, SVDD_FLOAT32, 2, {n, d, 0, 0}};
 *   svdd_fit(detector, &x, NULL, NULL, NULL, NULL);
 *   svdd_score(detector, &x, scores, n);
 *   svdd_free(detector);
 *
 * Errors. Every function that can fail returns a svdd_status, and no C++ exception leaves any. svdd_last_error() has the
 * reason as one line. What a function was to give is untouched where it failed.
 *
 * Ownership. A detector is its creator's until svdd_free. Arrays, texts and callbacks that are given are read during the call
 * only. A text that a function gives through `char **` is the caller's, who ends it by svdd_text_free.
 *
 * Threads. Any thread may use a detector, one at a time: a call while another is under way is refused with SVDD_BUSY, also from
 * its own progress callback. Different detectors are independent.
 */
#ifndef SVDD_C_SVDD_H
#define SVDD_C_SVDD_H

#include <stdint.h>

#if defined(__GNUC__)
#define SVDD_API __attribute__((visibility("default")))
#else
#define SVDD_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct svdd_detector svdd_detector;

typedef enum svdd_status {
  SVDD_OK = 0,
  SVDD_INVALID = 1,    /* an argument, an option or the data are not what is expected */
  SVDD_FAILED = 2,     /* a file or the machine: what was asked for was sound */
  SVDD_NO_MEMORY = 3,  /* the detector stays as it was */
  SVDD_STOPPED = 4,    /* by the progress callback or by svdd_stop_all */
  SVDD_BUSY = 5,       /* another call on this detector is under way */
  SVDD_NOT_FITTED = 6, /* fit it first, or load a model */
  SVDD_INTERNAL = 7    /* a mistake in this library */
} svdd_status;

typedef enum svdd_number {
  SVDD_FLOAT32 = 0,
  SVDD_FLOAT64 = 1,
  SVDD_UINT8 = 2 /* of images: 0 to 255, read as value / 255 */
} svdd_number;

/* Samples, one after the other in C order:
 *   2 dimensions  {n, d}           n rows of a table
 *   3 dimensions  {n, h, w}        n grey images
 *   4 dimensions  {n, c, h, w}     n images; what looks like {n, h, w, c} is refused
 * Floating-point images are 0 to 1. NaN and infinity are refused. Numbers are computed with in single precision; columns of
 * SVDD_FLOAT64 that it would blur, such as times in seconds since 1970, have a number subtracted first, in double. */
typedef struct svdd_array {
  const void* values;
  svdd_number number;
  int32_t dimensions;
  int64_t shape[4];
} svdd_array;

/* What a fit tells while it goes on: a note (one line, the other members 0 or NULL), or the end of an epoch (note is NULL).
 * Its texts are valid during the call only. */
typedef struct svdd_event {
  const char* note;
  const char* phase;     /* "autoencoder", then the method's name */
  int64_t epoch, epochs; /* counted from 0; of how many */
  double loss;           /* mean over the epoch's samples */
  double learning_rate;
  double seconds; /* of this epoch */
} svdd_event;

/* Called on the thread that called svdd_fit. Anything but 0 ends the fit with SVDD_STOPPED. It must not throw or jump out. */
typedef int (*svdd_progress)(const svdd_event* event, void* context);

/* "0.1.0"; lives as long as the library. */
SVDD_API const char* svdd_version(void);

/* Why the last call on this thread failed, one line of UTF-8; "" where it did not. Valid until the thread's next call. */
SVDD_API const char* svdd_last_error(void);

/* Ends a text that a function gave; NULL is no text. */
SVDD_API void svdd_text_free(char* text);

/* The methods there are, as a JSON array of {"name": "deep-svdd", "title": "Deep SVDD", "has_network": true}. */
SVDD_API svdd_status svdd_methods(char** json);

/* The options that `method` has, and the value that each has for samples of the shape {d} or {c, h, w} (`dimensions` 1 or 3;
 * 0: the table of one's own) where `options` (as in svdd_create, or NULL) are asked for: a JSON array of {"name": "batch-size",
 * "group", "help", "kind": "text|whole|real|text-or-real|flag|list", "value", "choices": [...]}. Batches and epochs of
 * networks on tables follow the number of samples where nobody asks for them. */
SVDD_API svdd_status svdd_options(const char* method, const char* options, const int64_t* shape,
                                  int32_t dimensions, char** json);

/* A detector that has learned nothing yet.
 *
 * `options` is NULL, a JSON object, {"epochs": 5, "network": "mlp"}, or lines of `epochs = 5`; names as of `svdd train`, with '-'
 * or '_'. What is not named has the published value for such data. Beside the method's own options there are
 *   data              a known set's name ("mnist"): the values published for it; else the data are one's own
 *   calibration       the share of the samples that is not trained on, so that threshold and p-values go by them; "auto": 0.2
 *                     of data of one's own from 50 samples on
 *   false-alarm-rate  with calibration: how many normal samples are called anomalous; "auto": the contamination
 *   split-seed        which samples are held out to calibrate
 *   threads           0: as many as there are; any number gives the same bits
 *   device            cpu, cuda, or reference: all the same bits */
SVDD_API svdd_status svdd_create(const char* method, const char* options, svdd_detector** detector);

/* A model folder, or the run folder around it: what `svdd train` or svdd_save wrote. Of `options` (or NULL) only threads and
 * device. */
SVDD_API svdd_status svdd_load(const char* folder, const char* options, svdd_detector** detector);

/* Of NULL it does nothing. SVDD_BUSY, and nothing freed, where another call is under way. */
SVDD_API svdd_status svdd_free(svdd_detector* detector);

/* Learns from normal samples. `classes` (or NULL): of each sample the class among the normal ones, for methods that use them;
 * `columns` (or NULL): the names of a table's columns, by which the command finds them in other tables. A second fit owes nothing
 * to the first; one that fails or is stopped leaves what there was before. */
SVDD_API svdd_status svdd_fit(svdd_detector* detector, const svdd_array* samples, const int32_t* classes,
                              const char* const* columns, svdd_progress progress, void* context);

/* Ends every fit, score, explanation and calibration that is under way in this process, soon, with SVDD_STOPPED; touches none
 * that begins after they have ended. A signal handler may call it. */
SVDD_API void svdd_stop_all(void);

/* One score for each sample; larger is more anomalous. `count`: how many `scores` holds, which is n. */
SVDD_API svdd_status svdd_score(svdd_detector* detector, const svdd_array* samples, float* scores,
                                int64_t count);

/* Why: of rows (n x d) what each score loses when the column stands at its usual value; of images (n x h x w, whatever the
 * channels) what it loses where a square around the pixel is filled with the image's mean. `count`: n·d or n·h·w. */
SVDD_API svdd_status svdd_explain(svdd_detector* detector, const svdd_array* samples, float* changes,
                                  int64_t count);

/* A sample is called anomalous where its score is larger. */
SVDD_API svdd_status svdd_threshold(svdd_detector* detector, double* threshold);

/* The threshold at which a fresh normal sample is called anomalous with at most this probability, in (0, 1), by the scores that
 * p-values go by. Exact where the detector was calibrated. SVDD_INVALID says how many samples a smaller rate takes. */
SVDD_API svdd_status svdd_threshold_at(svdd_detector* detector, double false_alarm_rate, double* threshold);

/* Another threshold, which is saved with the model. SVDD_INVALID where the detector was calibrated: there the rate sets it. */
SVDD_API svdd_status svdd_set_threshold(svdd_detector* detector, double threshold);

/* Normal samples that the fit has not seen become what threshold and p-values go by. */
SVDD_API svdd_status svdd_calibrate(svdd_detector* detector, const svdd_array* held_out,
                                    double false_alarm_rate);

/* How often a normal sample would score at least as much as each of the `count` scores: in (0, 1]. */
SVDD_API svdd_status svdd_p_values(svdd_detector* detector, const float* scores, int64_t count,
                                   double* p_values);

/* Writes a model folder (created if absent) that svdd_load and every command's --model read. */
SVDD_API svdd_status svdd_save(svdd_detector* detector, const char* folder);

/* What there is to know of a fitted detector, as a JSON object: method, title, sample_shape, threshold, calibration (samples,
 * false_alarm_rate, or null), columns, samples_used, warnings, details, pretrain_seconds, train_seconds, weights_sha256,
 * receipt, version, backend, threads, and options: all that were in force, where it was fitted here. */
SVDD_API svdd_status svdd_info(svdd_detector* detector, char** json);

/* The receipts that the command prints; 64 hexadecimal digits and a 0. */
SVDD_API svdd_status svdd_weights_sha256(svdd_detector* detector, char sha256[65]);
SVDD_API svdd_status svdd_scores_sha256(const float* scores, int64_t count, char sha256[65]);

#ifdef __cplusplus
}
#endif

#endif
