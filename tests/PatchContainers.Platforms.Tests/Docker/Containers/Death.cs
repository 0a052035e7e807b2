using PatchContainers.Platforms.Docker.Client;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Counts, and comes at one of the points: before and after each request to an engine that changes something.</summary>
/// <param name="at">The point; 0 for none.</param>
internal sealed class Death(int at)
{
    public int Count { get; private set; }

    public bool HasCome { get; private set; }

    /// <summary>Options of a client that dies of it.</summary>
    public DockerClientOptions Options => new() { Wrap = h => new Dying(this, h), Variable = _ => null };

    private void Pass()
    {
        HasCome |= ++Count == at;
        if (HasCome)
        {
            throw new KilledException();
        }
    }

    private sealed class Dying(Death death, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            death.Pass();
            var response = await base.SendAsync(request, cancellationToken);
            death.Pass();
            return response;
        }
    }
}

/// <summary>Nothing of a process goes on after it: nobody catches it.</summary>
internal sealed class KilledException : Exception;
