using PatchContainers.Platforms.Docker.Client;

namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>Asks an engine whether it answers, which versions it has, and whether it is in a swarm.</summary>
internal static class EngineProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<EndpointInfo> ProbeAsync(DockerEndpointSearch search, string host, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var answer = new EndpointInfo { Name = "Docker", Address = host.Length > 0 ? host : search.Variable("DOCKER_HOST") ?? string.Empty };
        try
        {
            var endpoint = search.Find(host);
            answer = answer with { Address = endpoint.Transport == DockerTransport.Unix ? endpoint.Path : endpoint.Address };
            if (endpoint.Transport == DockerTransport.Unix && !File.Exists(endpoint.Path))
            {
                return answer with { Detail = $"there is no such socket{(host.Length == 0 ? "; none is needed" : string.Empty)}." };
            }

            using var client = new DockerClient(endpoint, new DockerClientOptions { TimeProvider = clock, AnswerTimeout = Patience });
            var api = await client.ApiVersionAsync(cancellationToken).ConfigureAwait(false);
            var version = await client.VersionAsync(cancellationToken).ConfigureAwait(false);
            var info = await client.InfoAsync(cancellationToken).ConfigureAwait(false);
            var swarm = info.Text("Swarm", "LocalNodeState") is not { Length: > 0 } state || state == "inactive" ? "no swarm"
                : $"swarm {state}{(info.IsTrue("Swarm", "ControlAvailable") ? ", a manager" : ", no manager")}";
            return answer with
            {
                Name = api.IsPodman ? "Podman" : "Docker",
                IsReachable = true,
                Detail = $"version {version.Text("Version")}, API {api.Newest}, {swarm}",
            };
        }
        catch (PatchException e)
        {
            return answer with { Detail = e.Message };
        }
    }
}
