%% A peer: Ranch with a protocol that greets, answers whatever it gets with a goodbye, and closes.
-module(ranch_bench).
-behaviour(ranch_protocol).
-export([start/1, start_link/3, init/2]).

start(Port) ->
    {ok, _} = application:ensure_all_started(ranch),
    Options = #{socket_opts => [{ip, {127, 0, 0, 1}}, {port, Port}, {backlog, 1024}]},
    {ok, _} = ranch:start_listener(smtp, ranch_tcp, Options, ?MODULE, []).

start_link(Ref, Transport, _Options) ->
    {ok, spawn_link(?MODULE, init, [Ref, Transport])}.

init(Ref, Transport) ->
    {ok, Socket} = ranch:handshake(Ref),
    ok = Transport:send(Socket, <<"220 localhost ESMTP ready\r\n">>),
    case Transport:recv(Socket, 0, 60000) of
        {ok, _} -> Transport:send(Socket, <<"221 2.0.0 Bye\r\n">>);
        {error, _} -> ok
    end,
    Transport:close(Socket).
