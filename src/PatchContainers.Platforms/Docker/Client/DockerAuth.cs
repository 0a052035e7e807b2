using System.Text;
using System.Text.Json;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Writes <c>X-Registry-Auth</c>: the login for one registry, which the engine pulls with and Swarm hands to its nodes.</summary>
internal static class DockerAuth
{
    /// <summary>The header's value, base64url of JSON (Engine API, "Authentication"). It is a secret.</summary>
    /// <param name="credential">The login.</param>
    /// <param name="registry">The registry's host, as in references; <c>docker.io</c> for Docker Hub.</param>
    public static string Encode(RegistryCredential credential, string registry)
    {
        // Docker Hub's logins are known to engines under an address of old.
        var server = registry == "docker.io" ? "https://index.docker.io/v1/" : registry;
        var login = credential.IdentityToken is { Length: > 0 } token
            ? new Dictionary<string, string> { ["identitytoken"] = token, ["serveraddress"] = server }
            : new Dictionary<string, string>
            {
                ["username"] = credential.UserName,
                ["password"] = credential.Password,
                ["serveraddress"] = server,
            };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(login))).Replace('+', '-').Replace('/', '_');
    }
}
