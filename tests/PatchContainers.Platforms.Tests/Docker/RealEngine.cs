using PatchContainers.Platforms.Docker.Client;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>The engine that <c>tests/real/up.sh</c> started, with a swarm of one node, or a skip with the reason.</summary>
internal sealed class RealEngine
{
    private const string Variable = "PATCHCONTAINERS_REAL";

    private readonly Dictionary<string, string> _values;

    private RealEngine(Dictionary<string, string> values) => _values = values;

    public string Host => _values["DOCKER_HOST"];

    /// <summary>Podman's service, which speaks the same API.</summary>
    public string PodmanHost => _values["PODMAN_HOST"];

    public string Registry => _values["REGISTRY"];

    public string LockedRegistry => _values["LOCKED_REGISTRY"];

    /// <summary>The client program that belongs to the engine.</summary>
    public string Docker => _values["DOCKER"];

    /// <summary>An image with a shell, which is in the engine.</summary>
    public string Image => $"{Registry}/debian:12";

    /// <summary>The program that starts an engine apart, which a test may kill.</summary>
    public string ApartProgram
    {
        get
        {
            Assert.SkipUnless(_values.ContainsKey("APART"), "An older tests/real/up.sh started the engine, and none apart: run it again.");
            return _values["APART"];
        }
    }

    /// <summary>Another engine, which has the same registry.</summary>
    public RealEngine At(string host) => new(new Dictionary<string, string>(_values, StringComparer.Ordinal) { ["DOCKER_HOST"] = host });

    public static RealEngine Require()
    {
        var file = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(file),
            $"{Variable} is not set: run export {Variable}=$(tests/real/up.sh) for a container engine.");
        return new RealEngine(File.ReadAllLines(file!).Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal));
    }

    public DockerClient Open(DescriptionRecorder? recorder = null) => Open(recorder is null ? null : recorder.Wrap);

    public DockerClient Open(Func<HttpMessageHandler, HttpMessageHandler>? wrap) => new(DockerEndpoint.Parse(Host, null, "The test", null),
        new DockerClientOptions { Wrap = wrap, Variable = _ => null });
}
