namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>Sees every request that changes something in a cluster, a swarm or an engine, and whose run it is of.</summary>
internal sealed class ObservedRequests(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (KillRun.Current is not { } run || request.Method == HttpMethod.Get
            || request.RequestUri!.Query.Contains("dryRun", StringComparison.Ordinal)
            || request.RequestUri.AbsolutePath.Contains("authorization.k8s.io", StringComparison.Ordinal))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        // The API server's POST names a kind, and an engine's what is done with which object; the name that is given there is asked for.
        var (kind, name) = request.RequestUri.AbsolutePath.Split('/') switch
        {
            [.., "services", var service, "update"] => ("services", service),
            [.., "images", "create"] => ("images", string.Empty),
            [.., "containers", _, "exec"] or [.., "exec", _, "start"] => ("exec", string.Empty),
            [.., "containers", "create"] => ("create", request.RequestUri.Query),
            [.., "containers" or "networks", var named, var action] when request.Method == HttpMethod.Post =>
                (action, named + request.RequestUri.Query),
            [.., var parent, var last] when request.Method != HttpMethod.Post => (parent, last),
            [.., var last] => (last, string.Empty),
            [] => (string.Empty, string.Empty),
        };
        return await run.AroundAsync(request.Method, kind, name, () => base.SendAsync(request, cancellationToken));
    }
}
