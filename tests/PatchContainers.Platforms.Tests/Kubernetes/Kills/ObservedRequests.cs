namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>Sees every request that changes something in a cluster, and whose run it is of.</summary>
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

        var (kind, name) = request.RequestUri.AbsolutePath.Split('/') is [.., var parent, var last]
            && request.Method != HttpMethod.Post ? (parent, last) : (request.RequestUri.Segments[^1], string.Empty);
        return await run.AroundAsync(request.Method, kind, name, () => base.SendAsync(request, cancellationToken));
    }
}
