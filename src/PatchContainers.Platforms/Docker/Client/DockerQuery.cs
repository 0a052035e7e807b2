using System.Globalization;
using System.Text;
using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Writes addresses: names as parts of a path, parameters, and filters as the engine takes them.</summary>
internal sealed class DockerQuery
{
    private readonly StringBuilder _text;
    private char _separator = '?';

    /// <param name="path">The path, its names written by <see cref="Segment"/> or <see cref="Image"/>.</param>
    public DockerQuery(string path) => _text = new StringBuilder(path);

    /// <summary>Adds a parameter; nothing for null.</summary>
    public DockerQuery Add(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            _separator = '&';
        }

        return this;
    }

    /// <summary>Adds a number; nothing for null.</summary>
    public DockerQuery Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a parameter that is true; nothing for one that is not.</summary>
    public DockerQuery Add(string name, bool value) => value ? Add(name, "true") : this;

    /// <summary>Adds filters: each name's values are alternatives, labels are conditions that must all hold.</summary>
    public DockerQuery Filters(IReadOnlyDictionary<string, IReadOnlyList<string>>? filters) =>
        filters is { Count: > 0 } ? Add("filters", JsonSerializer.Serialize(filters)) : this;

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>The name or id of a container, a service, a network, as a part of a path.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it would change the address.</exception>
    public static string Segment(string name) => name.Length > 0 && name.AsSpan().IndexOfAny('/', '%', '?') < 0 && name is not ("." or "..")
        ? Uri.EscapeDataString(name)
        : throw new PatchException(PatchErrorCode.InvalidArgument, name, $"'{name}' is no name or id of anything in an engine.");

    /// <summary>The name or id of an image, which may hold slashes, as a part of a path.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it would change the address.</exception>
    public static string Image(string name) => string.Join('/', name.Split('/').Select(Segment));
}
