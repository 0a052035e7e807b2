using PatchContainers.Images;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Compose;

/// <summary>The image of a service, and where it is written.</summary>
/// <param name="Text">Resolved; as written where there is a fault.</param>
/// <param name="Origin">The scalar, where it is written in the service's own file.</param>
/// <param name="Line">The line to look at.</param>
/// <param name="Fault">Why it cannot be told; empty where it can.</param>
/// <param name="EditFault">Why it must not be edited; empty where it may.</param>
internal sealed record ComposeImage(string Text, YamlScalar? Origin, int Line, string Fault, string EditFault);

/// <summary>
/// Finds the image of a service: its own, or through <c>extends</c> that of the service it extends, in this file or another.
/// </summary>
internal sealed class ComposeImages(ReadContext context, YamlDocument document, ComposeVariables variables)
{
    // Nobody extends so far; a file that does costs its square to read.
    private const int MaxExtends = 50;

    private readonly Dictionary<string, Lazy<YamlMapping>> _others = new(StringComparer.Ordinal);

    /// <summary>The image; null where neither the service nor any that it extends names one.</summary>
    public ComposeImage? Find(string name, YamlMapping service, CancellationToken cancellationToken)
    {
        var file = context.Path;
        var services = (YamlMapping)((YamlMapping)document.Root)["services"]!;
        var seen = new HashSet<(string, string)> { (file, name) };
        var isBuilt = false;
        while (true)
        {
            var image = service["image"];
            isBuilt |= service["build"] is { } build and not YamlScalar { IsNull: true } && build.Tag != "!reset";
            if (image is YamlScalar scalar && (scalar.Tag == "!reset" || !(scalar.IsNull || scalar.Value.Length == 0)))
            {
                return scalar.Tag == "!reset" ? null : Describe(scalar, name, file, isBuilt);
            }

            if (image is YamlMapping or YamlSequence)
            {
                return Failed(image.Line, "its image is no string: a template that is not rendered yet, or a mistake");
            }

            if (service["extends"] is not { } extends)
            {
                return null;
            }

            try
            {
                (file, name, service, services) = Follow(extends, file, services, cancellationToken);
            }
            catch (PatchException e)
            {
                return Failed(extends.Line, e.Message.TrimEnd('.'));
            }

            if (!seen.Add((file, name)))
            {
                return Failed(extends.Line, $"its image is inherited from the service '{name}', which extends itself");
            }

            if (seen.Count > MaxExtends)
            {
                return Failed(extends.Line, $"its image is inherited through more than {MaxExtends} services");
            }
        }
    }

    private ComposeImage Describe(YamlScalar scalar, string service, string file, bool isBuilt)
    {
        var text = scalar.Value.Trim();
        var origin = file == context.Path ? scalar : null;
        var inherited = origin is null ? $"its image is inherited from the service '{service}' in '{file}'. Change that"
            : isBuilt ? $"its image '{text}' is the name that its 'build' gives, and no build can give a digest. Build it anew, or deploy it "
                + "from a file without 'build'"
            : string.Empty;
        if (TemplateText.IsIn(text))
        {
            return new ComposeImage(text, origin, scalar.Line,
                $"its image '{text}' is a template expression. Render the template, and name the rendered file", string.Empty);
        }

        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return new ComposeImage(text, origin, scalar.Line, string.Empty, inherited);
        }

        var resolved = variables.Resolve(text);
        var image = resolved.Value.Trim();
        var fault = resolved.Fault.Length > 0 ? $"its image '{text}' cannot be told: {resolved.Fault}"
            : !ImageReference.TryParse(image, out _, out _) ? $"its image '{text}' becomes '{image}', and that is no image reference"
            : string.Empty;
        return fault.Length > 0
            ? new ComposeImage(text, origin, scalar.Line, fault, string.Empty)
            : new ComposeImage(image, origin, scalar.Line, string.Empty,
                inherited.Length > 0 ? inherited : VariableFault(text, resolved.Variables));
    }

    private string VariableFault(string text, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return $"its image '{text}' has an escaped dollar sign";
        }

        var places = names.Select(name => variables.Sets(name)
            ? $"{name}, which is set in '{variables.EnvFile}'"
            : $"{name}, which takes its default in '{context.Path}'");
        return $"its image '{text}' holds the variable {string.Join(", and ", places)}. Change it there";
    }

    private (string File, string Name, YamlMapping Service, YamlMapping Services) Follow(
        YamlNode extends, string file, YamlMapping services, CancellationToken cancellationToken)
    {
        var name = extends is YamlScalar { IsNull: false } scalar ? scalar.Value : (extends as YamlMapping)?.Text("service");
        if (name is null)
        {
            throw new PatchException(PatchErrorCode.InvalidData, file, $"its 'extends' in '{file}' names no service");
        }

        if ((extends as YamlMapping)?.Text("file") is { } other)
        {
            var resolved = variables.Resolve(other);
            if (resolved.Fault.Length > 0)
            {
                throw new PatchException(PatchErrorCode.InvalidData, file,
                    $"the file '{other}' that it extends cannot be told: {resolved.Fault}");
            }

            file = Locate(resolved.Value, file);
            if (!_others.TryGetValue(file, out var read))
            {
                var (path, token) = (file, cancellationToken);
                _others.Add(file, read = new Lazy<YamlMapping>(() => Services(path, token)));
            }

            services = read.Value;
        }

        return services[name] is YamlMapping service
            ? (file, name, service, services)
            : throw new PatchException(PatchErrorCode.NotFound, file, $"the service '{name}' that it extends is not in '{file}'");
    }

    private static string Locate(string other, string file)
    {
        if (other.Contains("://", StringComparison.Ordinal) || other.StartsWith("oci:", StringComparison.Ordinal)
            || other.StartsWith("git@", StringComparison.Ordinal))
        {
            throw new PatchException(PatchErrorCode.NotSupported, file,
                $"the file '{other}' that it extends is not on this machine, and is not fetched");
        }

        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file) ?? string.Empty, other));
    }

    private YamlMapping Services(string file, CancellationToken cancellationToken)
    {
        var documents = file == context.Path
            ? [document]
            : YamlReader.Read(SourceText.Decode(file, FileBytes.Read(file, context.Limits.MaxBytes)), context.Limits, cancellationToken);
        foreach (var candidate in documents)
        {
            if ((candidate.Root as YamlMapping)?["services"] is YamlMapping services)
            {
                return services;
            }
        }

        throw new PatchException(PatchErrorCode.InvalidData, file, $"'{file}', which it extends, has no services");
    }

    private static ComposeImage Failed(int line, string fault) => new(string.Empty, null, line, fault, string.Empty);
}
