/* Predicts one row: embed_c MODEL.mle VALUE... prints one number per output column.
 * SPDX-License-Identifier: Apache-2.0 */
#include <mle/c.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  mle_error error;
  mle_model* model = NULL;
  mle_session* session = NULL;
  if (argc < 2) return fprintf(stderr, "usage: embed_c MODEL.mle VALUE...\n"), 2;
  if (mle_model_load(argv[1], &model, &error) != MLE_OK ||
      mle_session_create(model, NULL, &session, &error) != MLE_OK) {
    return fprintf(stderr, "error: %s\nhint: %s\n", error.message, error.hint), 1;
  }

  const size_t columns = (size_t)argc - 2;
  const size_t answers = mle_model_output_width(model, 0);
  float* row = malloc((columns + answers + 1) * sizeof *row);
  if (row == NULL) return fprintf(stderr, "error: out of memory\n"), 1;
  float* answer = row + columns;
  for (size_t i = 0; i < columns; ++i) row[i] = strtof(argv[i + 2], NULL);
  const mle_code code = mle_session_run(session, row, columns, answer, answers, &error);
  if (code == MLE_OK) {
    for (size_t i = 0; i < answers; ++i) printf("%g\n", (double)answer[i]);
  } else {
    fprintf(stderr, "error: %s\nhint: %s\n", error.message, error.hint);
  }

  free(row);
  mle_session_destroy(session);
  mle_model_destroy(model);
  return code == MLE_OK ? 0 : 1;
}
