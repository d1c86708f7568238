#!/usr/bin/env bash
# Makes the parity fixtures of tl-nlp's tests with transformers: parity/make_nlp_fixtures.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")"
python=${1:-python3}
out=../tl-nlp/src/test/resources/parity
make() { "$python" make_fixture.py "$@" --out "$out"; }

make transformers:BertModel --name bert-two-layers --ids input_ids=2,9 \
  --config '{"vocab_size":61,"hidden_size":24,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":40,"max_position_embeddings":24}'
make transformers:BertModel --name bert-masked --ids input_ids=3,11 --ids token_type_ids=3,11:2 --mask attention_mask=3,11:11,7,2 \
  --config '{"vocab_size":67,"hidden_size":30,"num_hidden_layers":3,"num_attention_heads":5,"intermediate_size":37,"max_position_embeddings":16,"hidden_act":"gelu_new","layer_norm_eps":1e-6}'
make transformers:BertModel --name bert-relu-one-head --ids input_ids=1,5 --mask attention_mask=1,5:4 \
  --config '{"vocab_size":50,"hidden_size":16,"num_hidden_layers":1,"num_attention_heads":1,"intermediate_size":64,"max_position_embeddings":8,"hidden_act":"relu","type_vocab_size":1,"pad_token_id":3}'
make transformers:DistilBertModel --name distilbert-two-layers --ids input_ids=2,9 \
  --config '{"vocab_size":61,"dim":24,"n_layers":2,"n_heads":3,"hidden_dim":50,"max_position_embeddings":20}'
make transformers:DistilBertModel --name distilbert-masked-relu --ids input_ids=3,8 --mask attention_mask=3,8:8,5,1 \
  --config '{"vocab_size":59,"dim":32,"n_layers":3,"n_heads":8,"hidden_dim":33,"max_position_embeddings":12,"activation":"relu"}'
make transformers:DistilBertModel --name distilbert-sinusoidal --ids input_ids=2,6 --mask attention_mask=2,6:3,6 \
  --config '{"vocab_size":40,"dim":20,"n_layers":1,"n_heads":2,"hidden_dim":40,"max_position_embeddings":10,"sinusoidal_pos_embds":true}'
make transformers:RobertaModel --name roberta-two-layers --ids input_ids=2,9 \
  --config '{"vocab_size":61,"hidden_size":24,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":40,"max_position_embeddings":24,"type_vocab_size":1}'
make transformers:RobertaModel --name roberta-masked --ids input_ids=3,12:4 --mask attention_mask=3,12:12,6,9 \
  --config '{"vocab_size":45,"hidden_size":36,"num_hidden_layers":2,"num_attention_heads":3,"intermediate_size":50,"max_position_embeddings":20,"type_vocab_size":2,"hidden_act":"silu"}'
make transformers:RobertaModel --name roberta-tanh-four-layers --ids input_ids=1,7 \
  --config '{"vocab_size":45,"hidden_size":12,"num_hidden_layers":4,"num_attention_heads":2,"intermediate_size":20,"max_position_embeddings":12,"hidden_act":"tanh","pad_token_id":2}'
